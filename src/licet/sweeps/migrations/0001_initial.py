"""Sweeps and findings."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Sweep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider_id', models.CharField(blank=True, help_text='whose list; empty = lists of several', max_length=80)),
                ('as_of', models.DateField(help_text='the local day judged by')),
                ('file_name', models.CharField(help_text='as handed in', max_length=300)),
                ('file_sha256', models.CharField(blank=True, max_length=64)),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('running', 'running'), ('finished', 'finished'), ('failed', 'failed')], default='waiting', max_length=10)),
                ('rows', models.BigIntegerField(default=0, help_text='rows judged so far')),
                ('rows_rejected', models.BigIntegerField(default=0, help_text='rows that could not be read; see errors.csv')),
                ('counts', models.JSONField(default=dict, help_text='findings by id and severity')),
                ('summary', models.JSONField(default=dict, help_text='summary.json')),
                ('versions', models.JSONField(default=dict, help_text='register -> where it stood')),
                ('ruleset', models.CharField(blank=True, max_length=40)),
                ('problem', models.TextField(blank=True, help_text='why it failed')),
                ('actor', models.CharField(max_length=80)),
                ('requested_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('previous', models.ForeignKey(blank=True, help_text='the sweep it is compared with', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='sweeps.sweep')),
            ],
        ),
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('access_id', models.CharField(blank=True, help_text='empty: found in the register, not in the list', max_length=80)),
                ('finding', models.CharField(max_length=40)),
                ('severity', models.CharField(max_length=10)),
                ('provider_id', models.CharField(max_length=80)),
                ('domain', models.CharField(blank=True, max_length=300)),
                ('evidence', models.TextField()),
                ('status', models.CharField(max_length=4)),
                ('sweep', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='sweeps.sweep')),
            ],
        ),
        migrations.AddIndex(
            model_name='sweep',
            index=models.Index(fields=['provider_id', '-id'], name='sweeps_sweep_provider'),
        ),
        migrations.AddConstraint(
            model_name='sweep',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'running', 'finished', 'failed'])), name='sweeps_sweep_state'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['sweep', 'id'], name='sweeps_finding_page'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['sweep', 'finding', 'id'], name='sweeps_finding_by_finding'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['sweep', 'severity', 'id'], name='sweeps_finding_by_severity'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['sweep', 'provider_id', 'id'], name='sweeps_finding_by_provider'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['sweep', 'status', 'id'], name='sweeps_finding_by_status'),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.CheckConstraint(condition=models.Q(('finding__in', ['provider_unlicensed', 'licence_suspended_or_revoked', 'licence_expired', 'licence_category_missing', 'region_not_covered', 'annual_review_failed', 'upstream_unlicensed', 'site_unfiled', 'filing_cancelled', 'filing_suspended', 'filed_with_other_provider', 'declared_number_wrong', 'filing_stale', 'sponsor_id_invalid', 'sponsor_mismatch', 'duplicate_filing', 'shell_filing', 'address_outside_provider_range', 'blacklisted_domain', 'blacklisted_sponsor', 'blacklisted_address', 'blacklisted_provider', 'domain_unusable'])), name='sweeps_finding_finding'),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.CheckConstraint(condition=models.Q(('severity__in', ['violation', 'warning', 'unknown'])), name='sweeps_finding_severity'),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['new', 'open', 'gone'])), name='sweeps_finding_status'),
        ),
    ]
