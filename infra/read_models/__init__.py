"""The read models' database, and how far each read model has come."""

from infra.read_models.database import ReadModels, postgres_read_models, sqlite_read_models
from infra.read_models.tables import prepare

__all__ = ["ReadModels", "postgres_read_models", "prepare", "sqlite_read_models"]
