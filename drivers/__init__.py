"""The composition: where configuration, machine and physics meet. Nothing else imports this."""
