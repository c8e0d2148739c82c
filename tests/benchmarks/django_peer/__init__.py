"""The Django peer: Django with its REST framework, as their documentation shows it, with the fields of the CRUD peer.

Models, a ModelSerializer with nested serializers, generic views; one transaction per request. A registration asks for customers
with the same contact by a query, as Recount asks; two that come at the same moment do not see each other. Gunicorn serves it,
with threads and keep-alive. Like the CRUD peer, it knows no keys and no permissions. The database is DATABASE_URL.
"""
