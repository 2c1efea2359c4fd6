"""Decisions of the gate."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.UUIDField(help_text='time-ordered (UUID version 7)', primary_key=True, serialize=False)),
                ('provider_id', models.CharField(blank=True, help_text='who would connect; empty = not named', max_length=80)),
                ('domain', models.CharField(blank=True, help_text='as asked', max_length=300)),
                ('answer', models.CharField(choices=[('permit', 'permit'), ('deny', 'deny'), ('refer', 'refer')], max_length=10)),
                ('as_of', models.DateField(help_text='the local day judged by')),
                ('decided_at', models.DateTimeField()),
                ('actor', models.CharField(max_length=80)),
                ('purpose', models.CharField(blank=True, help_text="why it was asked, in the asker's words", max_length=500)),
                ('document', models.JSONField(help_text='the whole decision as the API returned it')),
            ],
            options={
                'indexes': [models.Index(fields=['provider_id', '-id'], name='gate_decision_provider')],
                'constraints': [models.CheckConstraint(condition=models.Q(('answer__in', ['permit', 'deny', 'refer'])), name='gate_decision_answer')],
            },
        ),
    ]
