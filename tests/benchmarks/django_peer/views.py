"""Generic views. A change locks its row until it is committed, so that no other change is lost."""

from typing import Any

from django.db import transaction
from rest_framework import generics

from tests.benchmarks.django_peer.models import Customer
from tests.benchmarks.django_peer.serializers import CustomerSerializer, DetailsSerializer


class CustomerCreate(generics.CreateAPIView):
    queryset = Customer.objects.all()
    serializer_class = CustomerSerializer


class CustomerDetail(generics.RetrieveUpdateAPIView):
    http_method_names = ["get", "patch"]

    def get_queryset(self) -> Any:
        if self.request.method == "PATCH":
            return Customer.objects.select_for_update()
        return Customer.objects.prefetch_related("contact_methods")

    def get_serializer_class(self) -> Any:
        return DetailsSerializer if self.request.method == "PATCH" else CustomerSerializer

    @transaction.atomic
    def patch(self, *args: Any, **kwargs: Any) -> Any:
        return super().patch(*args, **kwargs)
