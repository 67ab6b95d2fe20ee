"""A group of commands whose list keeps both languages."""

import click


class Group(click.Group):
    """Click cuts each line of the list at the terminal's edge, and with it the second language; here it is wrapped."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the list into the help text."""
        shown = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(200)) for name, each in shown if each])
