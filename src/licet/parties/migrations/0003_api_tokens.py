"""Keys of programs, and who sees them."""

import django.contrib.postgres.fields
from django.db import migrations, models

from licet.core.rls import belongs_to, protect


class Migration(migrations.Migration):

    dependencies = [
        ('parties', '0002_row_level_security'),
    ]

    operations = [
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('party_id', models.CharField(max_length=80)),
                ('name', models.CharField(help_text='what uses it, in words', max_length=120)),
                ('digest', models.CharField(help_text='SHA-256 of the whole key, hexadecimal', max_length=64, unique=True)),
                ('hint', models.CharField(help_text="the key's first characters, to recognise it by", max_length=16)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None)),
                ('created_by', models.CharField(max_length=80)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('last_used_at', models.DateTimeField(blank=True, help_text='to the minute', null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['party_id'], name='parties_apitoken_party')],
                'constraints': [models.CheckConstraint(condition=models.Q(('scopes__contained_by', ['gate.ask', 'registers.read', 'registers.import', 'sweeps.run'])), name='parties_apitoken_scopes'), models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='parties_apitoken_expires')],
            },
        ),
        protect("parties_apitoken", read=belongs_to("party_id"), write=belongs_to("party_id")),
    ]
