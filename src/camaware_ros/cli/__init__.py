"""The `camaware` program: each subcommand parses, configures and makes one call."""
