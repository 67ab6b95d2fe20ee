"""Parts of the chassis and of the services, built in this process on real servers as their real users."""
