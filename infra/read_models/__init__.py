"""The read models' database, and how far each read model is."""
