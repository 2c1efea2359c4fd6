"""Orders, connectors, attempts, lists, escalations and observations."""
import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('casework', '0004_guards_read_one_row'),
    ]

    operations = [
        migrations.CreateModel(
            name='Connector',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('party_id', models.CharField(max_length=80)),
                ('kind', models.CharField(max_length=12)),
                ('name', models.CharField(help_text='what it reaches, in words', max_length=120)),
                ('effects', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=12), help_text='what it can carry: cut_access, cut_billing', size=None)),
                ('url', models.CharField(blank=True, help_text='where a webhook is sent', max_length=500)),
                ('mail', models.CharField(blank=True, help_text='where a mail is sent', max_length=254)),
                ('secret', models.BinaryField(help_text="the webhook's signing secret, encrypted", null=True)),
                ('active', models.BooleanField(default=True)),
                ('serial', models.BigIntegerField(default=0, help_text='last line of a list')),
                ('fetched_serial', models.BigIntegerField(default=0, help_text='last line the executor fetched')),
                ('confirmed_serial', models.BigIntegerField(default=0, help_text='last line the executor confirmed as done')),
                ('created_by', models.CharField(max_length=80)),
                ('created_at', models.DateTimeField()),
                ('tested_at', models.DateTimeField(null=True)),
                ('test_result', models.CharField(blank=True, help_text='what the last test event gave', max_length=300)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['webhook', 'dns_feed', 'billing_feed', 'email'])), name='orders_connector_kind'), models.CheckConstraint(condition=models.Q(('effects__contained_by', ['cut_access', 'cut_billing']), ('effects__len__gt', 0)), name='orders_connector_effects'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'webhook'), _negated=True), models.Q(models.Q(('url', ''), _negated=True), ('secret__isnull', False)), _connector='OR'), name='orders_connector_webhook'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'email'), _negated=True), models.Q(('mail', ''), _negated=True), _connector='OR'), name='orders_connector_email'), models.CheckConstraint(condition=models.Q(('confirmed_serial__lte', models.F('fetched_serial')), ('fetched_serial__lte', models.F('serial'))), name='orders_connector_serials'), models.UniqueConstraint(condition=models.Q(('active', True), ('effects__contains', ['cut_access'])), fields=('party_id',), name='orders_connector_one_cut_access'), models.UniqueConstraint(condition=models.Q(('active', True), ('effects__contains', ['cut_billing'])), fields=('party_id',), name='orders_connector_one_cut_billing')],
            },
        ),
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, help_text='what executors know it by', unique=True)),
                ('desk_id', models.CharField(help_text='party_id of the desk that decided', max_length=80)),
                ('executor_id', models.CharField(help_text='party_id of whoever carries it out', max_length=80)),
                ('sequence', models.SmallIntegerField(help_text='1, 2, … within the measure; a lower one never undoes a higher')),
                ('kind', models.CharField(max_length=8)),
                ('effect', models.CharField(max_length=12)),
                ('targets', models.JSONField(help_text='hosts, addresses, codes; regions and technical means as decided')),
                ('state', models.CharField(default='pending', max_length=12)),
                ('round', models.SmallIntegerField(default=1, help_text='counts how often it was ordered; part of the message id')),
                ('channel', models.CharField(blank=True, help_text="how it goes out; '' = not chosen yet", max_length=12)),
                ('written_at', models.DateTimeField()),
                ('acknowledge_by', models.DateTimeField()),
                ('done_by', models.DateTimeField()),
                ('verify_by', models.DateTimeField(help_text='counted from the report that it is done', null=True)),
                ('next_try_at', models.DateTimeField(help_text='when a pending order is tried; empty = nothing to try', null=True)),
                ('tries', models.SmallIntegerField(default=0, help_text='in this round')),
                ('next_check_at', models.DateTimeField(help_text='when somebody looks from outside; empty = nobody does', null=True)),
                ('connector', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='orders.connector')),
                ('measure', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='casework.measure')),
            ],
        ),
        migrations.CreateModel(
            name='Observation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('desk_id', models.CharField(max_length=80)),
                ('executor_id', models.CharField(max_length=80)),
                ('round', models.SmallIntegerField()),
                ('at', models.DateTimeField()),
                ('probe', models.CharField(help_text='what looked; person:12 when somebody did by hand', max_length=40)),
                ('verdict', models.CharField(max_length=12)),
                ('facts', models.JSONField(default=list, help_text='per target and vantage point: DNS answer, HTTP status, control')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='observations', to='orders.order')),
            ],
        ),
        migrations.CreateModel(
            name='ListEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('party_id', models.CharField(max_length=80)),
                ('serial', models.BigIntegerField()),
                ('round', models.SmallIntegerField()),
                ('action', models.CharField(max_length=8)),
                ('field', models.CharField(help_text='hosts, addresses or codes', max_length=9)),
                ('value', models.CharField(max_length=253)),
                ('at', models.DateTimeField()),
                ('connector', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='orders.connector')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='orders.order')),
            ],
        ),
        migrations.CreateModel(
            name='Escalation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('desk_id', models.CharField(max_length=80)),
                ('executor_id', models.CharField(max_length=80)),
                ('round', models.SmallIntegerField()),
                ('why', models.CharField(max_length=20)),
                ('level', models.CharField(max_length=10)),
                ('escalated_at', models.DateTimeField()),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='escalations', to='orders.order')),
            ],
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('desk_id', models.CharField(max_length=80)),
                ('executor_id', models.CharField(max_length=80)),
                ('round', models.SmallIntegerField()),
                ('number', models.SmallIntegerField(help_text='1, 2, … within the round')),
                ('channel', models.CharField(max_length=12)),
                ('message_id', models.CharField(max_length=80)),
                ('started_at', models.DateTimeField()),
                ('lease_until', models.DateTimeField(help_text='after this the process that sends it is taken for dead')),
                ('finished_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(blank=True, max_length=12)),
                ('status', models.SmallIntegerField(help_text='HTTP status, if one came', null=True)),
                ('ms', models.IntegerField(null=True)),
                ('error', models.CharField(blank=True, max_length=300)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='orders.order')),
            ],
        ),
        migrations.CreateModel(
            name='OrderTransition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('desk_id', models.CharField(max_length=80)),
                ('executor_id', models.CharField(max_length=80)),
                ('frm', models.CharField(max_length=12)),
                ('event', models.CharField(max_length=14)),
                ('to', models.CharField(max_length=12)),
                ('actor', models.CharField(max_length=120)),
                ('reason', models.TextField(blank=True)),
                ('at', models.DateTimeField()),
                ('reported_at', models.DateTimeField(help_text='when it happened, as the executor says', null=True)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transitions', to='orders.order')),
            ],
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['next_try_at'], name='orders_order_to_send'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('next_check_at__isnull', False)), fields=['next_check_at'], name='orders_order_check'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['desk_id', 'state', 'id'], name='orders_order_board'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['executor_id', 'state', 'id'], name='orders_order_executor'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('state__in', ['acknowledged', 'dispatched', 'done', 'failed', 'pending', 'refused'])), fields=['done_by'], name='orders_order_late'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(fields=('measure', 'sequence'), name='orders_order_sequence'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['superseded']), _negated=True), fields=('measure',), name='orders_order_live'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['cut', 'restore'])), name='orders_order_kind'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('effect__in', ['cut_access', 'cut_billing'])), name='orders_order_effect'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'dispatched', 'acknowledged', 'done', 'verified', 'refused', 'failed', 'superseded'])), name='orders_order_state'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('channel__in', ['webhook', 'dns_feed', 'billing_feed', 'email', 'manual', ''])), name='orders_order_channel'),
        ),
        migrations.AddIndex(
            model_name='observation',
            index=models.Index(fields=['order', 'at'], name='orders_observation_order'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(('verdict__in', ['agrees', 'disagrees', 'inconclusive'])), name='orders_observation_verdict'),
        ),
        migrations.AddIndex(
            model_name='listentry',
            index=models.Index(fields=['order'], name='orders_entry_order'),
        ),
        migrations.AddConstraint(
            model_name='listentry',
            constraint=models.UniqueConstraint(fields=('connector', 'serial'), name='orders_entry_serial'),
        ),
        migrations.AddConstraint(
            model_name='listentry',
            constraint=models.UniqueConstraint(fields=('connector', 'order', 'round', 'field', 'value'), name='orders_entry_once'),
        ),
        migrations.AddConstraint(
            model_name='listentry',
            constraint=models.CheckConstraint(condition=models.Q(('action__in', ['cut', 'restore'])), name='orders_entry_action'),
        ),
        migrations.AddConstraint(
            model_name='listentry',
            constraint=models.CheckConstraint(condition=models.Q(('field__in', ['hosts', 'addresses', 'codes'])), name='orders_entry_field'),
        ),
        migrations.AddConstraint(
            model_name='escalation',
            constraint=models.UniqueConstraint(fields=('order', 'round', 'why', 'level'), name='orders_escalation_once'),
        ),
        migrations.AddConstraint(
            model_name='escalation',
            constraint=models.CheckConstraint(condition=models.Q(('why__in', ['unacknowledged', 'undone', 'unverified', 'connector_failed', 'refused', 'impossible', 'disagreed'])), name='orders_escalation_why'),
        ),
        migrations.AddConstraint(
            model_name='escalation',
            constraint=models.CheckConstraint(condition=models.Q(('level__in', ['desk', 'authority'])), name='orders_escalation_level'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.UniqueConstraint(fields=('order', 'round', 'number'), name='orders_attempt_number'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.UniqueConstraint(condition=models.Q(('finished_at__isnull', True)), fields=('order',), name='orders_attempt_open'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['', 'taken', 'http_error', 'timeout', 'unreachable', 'blocked', 'lost'])), name='orders_attempt_outcome'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('outcome', '')), models.Q(('finished_at__isnull', False), models.Q(('outcome', ''), _negated=True)), _connector='OR'), name='orders_attempt_finished'),
        ),
        migrations.AddIndex(
            model_name='ordertransition',
            index=models.Index(fields=['order', 'id'], name='orders_transition_order'),
        ),
    ]
