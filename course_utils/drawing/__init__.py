"""The drawing behind the cartoons: shapes, colours, scenes and the ten classes."""
