"""The role of an executor, and the key scope with which its program fetches orders."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('parties', '0004_search'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='apitoken',
            name='parties_apitoken_scopes',
        ),
        migrations.RemoveConstraint(
            model_name='membership',
            name='parties_membership_role',
        ),
        migrations.AlterField(
            model_name='membership',
            name='role',
            field=models.CharField(choices=[('administrator', 'Administrator'), ('compliance_officer', 'Compliance officer'), ('officer', 'Officer'), ('reviewer', 'Reviewer'), ('liaison', 'Police liaison'), ('executor', 'Executor'), ('observer', 'Observer')], max_length=40),
        ),
        migrations.AddConstraint(
            model_name='apitoken',
            constraint=models.CheckConstraint(condition=models.Q(('scopes__contained_by', ['gate.ask', 'registers.read', 'registers.import', 'sweeps.run', 'orders.carry_out'])), name='parties_apitoken_scopes'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['administrator', 'compliance_officer', 'officer', 'reviewer', 'liaison', 'executor', 'observer'])), name='parties_membership_role'),
        ),
    ]
