"""Schools, pupils and responsables as the school files tell them. The registry never logs in."""
