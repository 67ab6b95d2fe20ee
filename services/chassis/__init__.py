"""What every service would otherwise repeat: the microservice chassis pattern. It knows no service."""
