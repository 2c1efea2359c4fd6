"""The closed grounds as a table, so that foreign keys can refuse anything else."""

from django.db import models


class Ground(models.Model):
    """One closed ground; rows come from the migration and never change."""

    id = models.CharField(primary_key=True, max_length=40)
    kind = models.CharField(max_length=10, choices=[("content", "content"), ("licensing", "licensing")])

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=["content", "licensing"]), name="grounds_ground_kind")
        ]

    def __str__(self) -> str:
        return self.id
