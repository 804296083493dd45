"""Messages that leave: the outbox and its senders."""
