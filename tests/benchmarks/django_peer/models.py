"""The tables of the CRUD peer as Django's models."""

from django.db import models
from uuid_utils.compat import uuid7

KINDS = ("person", "organisation")
CONTACT_KINDS = ("email", "phone", "postal", "social", "messaging", "web", "other")


class Customer(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.IntegerField(default=1, editable=False)
    kind = models.TextField(choices=[(kind, kind) for kind in KINDS])
    name = models.TextField(null=True)
    address = models.JSONField(null=True)
    source = models.JSONField(null=True)
    owner = models.TextField(null=True, db_index=True)
    team = models.TextField(null=True)
    language = models.TextField(null=True)
    time_zone = models.TextField(null=True)
    attributes = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)


class ContactMethod(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, related_name="contact_methods", on_delete=models.CASCADE)
    kind = models.TextField(choices=[(kind, kind) for kind in CONTACT_KINDS])
    label = models.TextField(null=True)
    primary = models.BooleanField(default=False)
    value = models.TextField(db_index=True)
