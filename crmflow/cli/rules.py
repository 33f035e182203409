"""The group of commands about rule files as a whole: rules export, rules import …"""

from __future__ import annotations

import click

from crmflow.cli.commands import Commands

COMMANDS = {
    "diff": ("rules_diff:diff", "How two versions differ, in words. 用文字说明差异。"),
    "merge": ("rules_merge:merge", "Bring a pack's new version under own edits. 合并行业包新版本。"),
    "upgrade": ("rules_upgrade:upgrade", "Rewrite files of an older format. 升级旧格式文件。"),
    "export": ("rulesheet:export", "Rule tables as a workbook or CSV. 规则表导出为表格。"),
    "import": ("rulesheet:import_", "Take an edited workbook back. 导入改好的表格。"),
    "from-dmn": ("rulesheet:from_dmn", "A DMN table as a rulebook. DMN 决策表转为规则。"),
}


@click.group(cls=Commands, table=COMMANDS)
def rules() -> None:
    """Take rule tables to Excel and back, and compare, merge and upgrade rule files. 规则文件的整体操作。"""
