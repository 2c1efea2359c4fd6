"""The key scope with which a partner's program hands in reports."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('parties', '0005_roles_and_scopes')]

    operations = [
        migrations.RemoveConstraint(model_name='apitoken', name='parties_apitoken_scopes'),
        migrations.AddConstraint(
            model_name='apitoken',
            constraint=models.CheckConstraint(condition=models.Q(('scopes__contained_by', ['gate.ask', 'registers.read', 'registers.import', 'sweeps.run', 'orders.carry_out', 'hotline.report'])), name='parties_apitoken_scopes'),
        ),
    ]
