"""What is deleted or anonymised when its time has passed. What is kept, why and how long: docs/data-protection.md."""
