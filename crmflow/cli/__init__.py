"""What can be typed after `crmflow`?"""

from __future__ import annotations

import click

from crmflow.cli.commands import Commands

COMMANDS = {
    "demo": ("demo:demo", "Show every installed pack. 演示各行业包。"),
    "init": ("site:init", "Make a site and its database. 新建站点。"),
    "migrate": ("site:migrate", "Create or upgrade the database. 升级数据库。"),
    "plugins": ("site:plugins", "Which packs are installed? 已安装的行业包。"),
    "import": ("intake:import_file", "Bring in a file of rows. 导入数据文件。"),
    "absence": ("absence:absence", "Record who is away. 登记缺勤。"),
    "signal": ("signal:signal", "Record what concerns a unit. 登记单位信号。"),
    "record": ("intake:record", "Record one touchpoint. 登记一次接触。"),
    "run": ("run:run", "Decide for all customers. 对全部客户运行规则。"),
    "worker": ("worker:worker", "Keep cases going, for many sites. 持续处理到期工单。"),
    "segments": ("listing:segments", "Who is in which segment? 客户分群。"),
    "visits": ("listing:visits", "Whom to visit, and why? 拜访安排。"),
    "cases": ("listing:cases", "Which cases are open? 在办工单。"),
    "owners": ("listing:owners", "Who looks after whom? 客户经理。"),
    "facts": ("listing:facts", "What is known of a customer? 客户事实。"),
    "case": ("case:case", "Open a case, or move it on. 开立、推进工单。"),
    "chart": ("chart:chart", "Which charts are there, and how do they look? 流程图。"),
    "clock": ("clock:clock", "Count working time by a calendar. 按日历计算时限。"),
    "outbox": ("outbox:outbox", "Which messages wait, are held or dead? 发件箱。"),
    "deliver": ("outbox:deliver", "Send the messages that are due. 发送到期消息。"),
    "visit": ("visit:visit", "Record that a visit was made. 登记拜访结果。"),
    "calendar": ("calendar:calendar", "When is it working time? 工作时间与节假日。"),
    "explain": ("explain:explain", "What, why and since when? 解释结果。"),
    "whynot": ("explain:whynot", "Why did a rule not fire? 规则为何未触发。"),
    "journal": ("journal:journal", "Is the record untouched? Seal, verify, export. 日志：封存、核验、导出。"),
    "replay": ("replay:replay", "Decide again what was decided. 重演已作出的决定。"),
    "check": ("check:check", "Find mistakes in rule files. 检查规则文件。"),
    "test": ("test:test", "Run the tests in rule files. 运行规则测试。"),
    "simulate": ("simulate:simulate", "What would a change have done? 试算规则改动。"),
    "publish": ("publish:publish", "Put the rules into force. 发布规则。"),
    "release": ("release:release", "Draft, approve, publish, go back. 规则版本：起草、审批、发布、回退。"),
    "rules": ("rules:rules", "Rule tables to Excel and back. 规则表与 Excel 互转。"),
    "dmn": ("dmn:dmn", "Evaluate a DMN model, run the TCK. 运行 DMN 模型。"),
    "schema": ("schema:schema", "What may stand in a file? 文件格式的结构。"),
    "help": ("help:help_", "Explain a command or a code. 解释命令或代码。"),
}


@click.group(cls=Commands, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--site",
    metavar="DIR",
    envvar="CRMFLOW_SITE",
    help="The site's folder; else here or above. 站点目录，默认为当前目录或其上级。",
)
@click.version_option(package_name="crmflow")
@click.pass_context
def main(ctx: click.Context, site: str | None) -> None:
    """Segments, visits and complaints as files that operations teams write. 规则驱动的客户关系管理。

    Exit codes: 0 fine, 1 findings, 2 usage, 3 failure, 130 interrupted.
    退出码：0 正常，1 有发现，2 用法错误，3 失败，130 中断。
    """
    ctx.obj = site
