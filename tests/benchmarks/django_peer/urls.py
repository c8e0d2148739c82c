from django.urls import path

from tests.benchmarks.django_peer.views import CustomerCreate, CustomerDetail

urlpatterns = [
    path("customers", CustomerCreate.as_view()),
    path("customers/<uuid:pk>", CustomerDetail.as_view()),
]
