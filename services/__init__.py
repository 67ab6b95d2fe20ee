"""The services of Tiếp Sức, and what they share: chassis and worktime."""
