"""Training of Partner's models: data readers, rewards, learners, export. Nothing here is needed to run the assistant."""
