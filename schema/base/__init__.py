"""The leaf package: errors, findings, registries, clock, ids, money, actors, events, outbox. It imports nothing of ours."""
