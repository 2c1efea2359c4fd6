"""Key scopes of programs that hand in evidence, and of the police desk's."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('parties', '0006_hotline_scope')]

    operations = [
        migrations.RemoveConstraint(model_name='apitoken', name='parties_apitoken_scopes'),
        migrations.AddConstraint(
            model_name='apitoken',
            constraint=models.CheckConstraint(condition=models.Q(('scopes__contained_by', ['gate.ask', 'registers.read', 'registers.import', 'sweeps.run', 'orders.carry_out', 'hotline.report', 'cases.read', 'cases.work', 'referrals.answer'])), name='parties_apitoken_scopes'),
        ),
    ]
