"""Bodies and answers, and what is written for them."""

from typing import Any

from django.db import transaction
from django.db.models import Q
from rest_framework import serializers
from rest_framework.exceptions import APIException

from tests.benchmarks.django_peer.models import ContactMethod, Customer

DETAILS = ["name", "address", "source", "owner", "team", "language", "time_zone", "attributes"]


class Duplicate(APIException):
    status_code = 409
    default_detail = "A customer with this contact exists."


class AddressSerializer(serializers.Serializer):
    lines = serializers.ListField(child=serializers.CharField(), required=False)
    city = serializers.CharField(required=False, allow_null=True)
    region = serializers.CharField(required=False, allow_null=True)
    postal_code = serializers.CharField(required=False, allow_null=True)
    country = serializers.CharField(required=False, allow_null=True)


class UtmSerializer(serializers.Serializer):
    source = serializers.CharField(required=False, allow_null=True)
    medium = serializers.CharField(required=False, allow_null=True)
    campaign = serializers.CharField(required=False, allow_null=True)
    term = serializers.CharField(required=False, allow_null=True)
    content = serializers.CharField(required=False, allow_null=True)


class SourceSerializer(serializers.Serializer):
    channel = serializers.CharField(required=False, allow_null=True)
    campaign = serializers.UUIDField(required=False, allow_null=True)
    utm = UtmSerializer(required=False, allow_null=True)


class ContactMethodSerializer(serializers.ModelSerializer):
    class Meta:
        model = ContactMethod
        fields = ["kind", "label", "primary", "value"]


class DetailsSerializer(serializers.ModelSerializer):
    """The fields that can be changed later."""

    address = AddressSerializer(required=False, allow_null=True)
    source = SourceSerializer(required=False, allow_null=True)

    class Meta:
        model = Customer
        fields = ["id", "version", *DETAILS]

    def update(self, instance: Customer, validated_data: dict[str, Any]) -> Customer:
        for field, value in validated_data.items():
            setattr(instance, field, value)
        instance.version += 1
        instance.save()
        return instance


class CustomerSerializer(DetailsSerializer):
    contact_methods = ContactMethodSerializer(many=True, required=False)

    class Meta(DetailsSerializer.Meta):
        fields = ["id", "version", "kind", *DETAILS, "contact_methods"]

    @transaction.atomic
    def create(self, validated_data: dict[str, Any]) -> Customer:
        methods = validated_data.pop("contact_methods", [])
        same = Q()
        for method in methods:
            same |= Q(kind=method["kind"], value=method["value"])
        if methods and ContactMethod.objects.filter(same).exists():
            raise Duplicate
        customer: Customer = Customer.objects.create(**validated_data)
        ContactMethod.objects.bulk_create(ContactMethod(customer=customer, **method) for method in methods)
        return customer
