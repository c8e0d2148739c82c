"""One readable line for an event, in Chinese and in English.

A line names the aggregate, the fact, and plain values (numbers, money, codes). It never contains personal data, so a timeline
needs no purging. A fact of a later version, without a text in `FACTS`, is named by its event type.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, get_type_hints

from domain.shared.events import Event
from domain.shared.personal import PERSONAL

THINGS = {
    "customer": ("客户", "Customer"),
    "order": ("订单", "Order"),
    "ticket": ("工单", "Ticket"),
    "interaction": ("沟通记录", "Interaction"),
    "feedback": ("反馈", "Feedback"),
    "campaign_member": ("营销活动成员", "Campaign member"),
    "touchpoint": ("触点", "Touchpoint"),
    "lead": ("线索", "Lead"),
    "deal": ("商机", "Deal"),
    "task": ("任务", "Task"),
}
"""What happens to these belongs to the timeline of a customer."""

OTHERS = {
    "campaign": ("营销活动", "Campaign"),
    "channel": ("渠道", "Channel"),
    "channel_day": ("渠道日数据", "Channel day"),
    "segment_model": ("分群模型", "Segment model"),
    "segment_rule": ("分群规则", "Segment rule"),
    "value_model": ("客户价值模型", "Value model"),
    "static_list": ("静态名单", "List"),
    "pipeline": ("销售管道", "Pipeline"),
    "service_calendar": ("服务日历", "Service calendar"),
    "sla_policy": ("服务水平政策", "SLA policy"),
    "assignment_rule": ("分配规则", "Assignment rule"),
    "rota": ("轮值表", "Rota"),
    "field_definition": ("字段定义", "Field definition"),
    "api_key": ("API 密钥", "API key"),
    "session": ("会话", "Session"),
    "user": ("用户", "User"),
    "team": ("团队", "Team"),
    "saved_view": ("已存视图", "Saved view"),
    "webhook": ("Webhook", "Webhook"),
    "import": ("导入", "Import"),
    "calendar": ("日历", "Calendar"),
}
"""What happens to these has a line in the log, and in no timeline."""

FACTS = {
    "registered": ("已登记", "registered"),
    "details_changed": ("资料已更改", "details changed"),
    "contact_method_added": ("已添加联系方式", "contact method added"),
    "contact_method_verified": ("联系方式已验证", "contact method verified"),
    "contact_method_removed": ("联系方式已移除", "contact method removed"),
    "contact_method_undeliverable": ("联系方式无法送达", "contact method undeliverable"),
    "contact_method_restored": ("联系方式已恢复", "contact method restored"),
    "consent_given": ("已同意", "consent given"),
    "consent_withdrawn": ("已撤回同意", "consent withdrawn"),
    "assigned": ("已分配", "assigned"),
    "tagged": ("已加标签", "tagged"),
    "untagged": ("已去标签", "untagged"),
    "attributes_set": ("属性已设置", "attributes set"),
    "plain_texts_set": ("非个人文本属性已设置", "plain texts set"),
    "attachment_added": ("已添加附件", "attachment added"),
    "attachment_removed": ("附件已移除", "attachment removed"),
    "external_id_linked": ("已关联外部编号", "external id linked"),
    "external_id_unlinked": ("外部编号已解除", "external id unlinked"),
    "anonymous_id_linked": ("已关联匿名访客", "anonymous visitor linked"),
    "relation_added": ("已添加关系", "relation added"),
    "relation_ended": ("关系已结束", "relation ended"),
    "merged": ("已合并", "merged"),
    "unmerged": ("合并已撤销", "unmerged"),
    "archived": ("已归档", "archived"),
    "restored": ("已恢复", "restored"),
    "erased": ("已抹除", "erased"),
    "placed": ("已下单", "placed"),
    "amended": ("已修改", "amended"),
    "lines_cancelled": ("部分商品已取消", "lines cancelled"),
    "customer_linked": ("已关联客户", "linked to a customer"),
    "customer_changed": ("已更换客户", "moved to another customer"),
    "confirmed": ("已确认", "confirmed"),
    "completed": ("已完成", "completed"),
    "cancelled": ("已取消", "cancelled"),
    "reopened": ("已重新打开", "reopened"),
    "payment_authorised": ("付款已授权", "payment authorised"),
    "payment_captured": ("已收款", "payment captured"),
    "payment_voided": ("付款授权已作废", "payment voided"),
    "payment_failed": ("付款失败", "payment failed"),
    "payment_charged_back": ("付款被拒付", "payment charged back"),
    "payment_reversed": ("款项记录已冲销", "payment reversed"),
    "payment_refunded": ("已退款", "refunded"),
    "shipped": ("已发货", "shipped"),
    "delivered": ("已送达", "delivered"),
    "delivery_failed": ("送达失败", "delivery failed"),
    "shipment_cancelled": ("发货已取消", "shipment cancelled"),
    "return_requested": ("已申请退货", "return requested"),
    "lines_returned": ("已退货", "goods returned"),
    "return_declined": ("退货被拒绝", "return declined"),
    "return_reversed": ("退货已冲销", "return reversed"),
    "opened": ("已打开", "opened"),
    "ended": ("已结束", "ended"),
    "categorised": ("已分类", "categorised"),
    "priority_changed": ("优先级已更改", "priority changed"),
    "requester_changed": ("请求人已更改", "requester changed"),
    "linked": ("已关联", "linked"),
    "replied": ("已回复", "replied"),
    "reply_redacted": ("回复已遮盖", "reply redacted"),
    "pended": ("等待客户", "awaits the customer"),
    "held": ("已搁置", "put on hold"),
    "resumed": ("已继续", "resumed"),
    "escalated": ("已升级", "escalated"),
    "solved": ("已解决", "solved"),
    "closed": ("已关闭", "closed"),
    "merged_into": ("已并入另一张", "merged into another"),
    "discarded": ("已作废", "discarded"),
    "sla_applied": ("已应用服务水平", "service level applied"),
    "sla_breached": ("已违反服务水平", "service level breached"),
    "logged": ("已记录", "logged"),
    "corrected": ("已更正", "corrected"),
    "redacted": ("已遮盖", "redacted"),
    "retracted": ("已撤回", "retracted"),
    "requested": ("已请求", "requested"),
    "submitted": ("已提交", "submitted"),
    "acknowledged": ("已受理", "acknowledged"),
    "action_taken": ("已采取措施", "action taken"),
    "resolved": ("已处理完毕", "resolved"),
    "dismissed": ("已驳回", "dismissed"),
    "targeted": ("已列为目标", "targeted"),
    "suppressed": ("已排除", "suppressed"),
    "sent": ("已发送", "sent"),
    "deferred": ("已延迟", "deferred"),
    "bounced": ("已退回", "bounced"),
    "clicked": ("已点击", "clicked"),
    "visited": ("已访问", "visited"),
    "responded": ("已响应", "responded"),
    "converted": ("已转化", "converted"),
    "conversion_reversed": ("转化已冲销", "conversion reversed"),
    "unsubscribed": ("已退订", "unsubscribed"),
    "marked_as_spam": ("已标为垃圾邮件", "marked as spam"),
    "removed": ("已移除", "removed"),
    "touch_retracted": ("触达已撤回", "touch retracted"),
    "recorded": ("已记录", "recorded"),
    "captured": ("已获取", "captured"),
    "stage_changed": ("阶段已更改", "stage changed"),
    "qualified": ("已确认合格", "qualified"),
    "lost": ("已丢失", "lost"),
    "won": ("已赢单", "won"),
    "amount_changed": ("金额已更改", "amount changed"),
    "close_date_changed": ("预计成交日已更改", "close date changed"),
    "created": ("已创建", "created"),
    "rescheduled": ("已改期", "rescheduled"),
    "reminded": ("已提醒", "reminded"),
    # Of what is in no timeline
    "planned": ("已计划", "planned"),
    "revised": ("已修订", "revised"),
    "launched": ("已启动", "launched"),
    "paused": ("已暂停", "paused"),
    "budget_changed": ("预算已更改", "budget changed"),
    "spend_recorded": ("已记录花费", "spend recorded"),
    "spend_reversed": ("花费已冲销", "spend reversed"),
    "milestone_set": ("里程碑已设定", "milestone set"),
    "milestone_reached": ("里程碑已达成", "milestone reached"),
    "resource_assigned": ("资源已分配", "resource assigned"),
    "resource_released": ("资源已释放", "resource released"),
    "renamed": ("已改名", "renamed"),
    "cost_recorded": ("已记录成本", "cost recorded"),
    "traffic_recorded": ("已记录流量", "traffic recorded"),
    "defined": ("已定义", "defined"),
    "retired": ("已停用", "retired"),
    "fitted": ("已拟合", "fitted"),
    "activated": ("已启用", "activated"),
    "clusters_named": ("分群已命名", "clusters named"),
    "members_added": ("已添加成员", "members added"),
    "members_removed": ("已移除成员", "members removed"),
    "queued": ("已排队", "queued"),
    "turn_taken": ("已轮到", "turn taken"),
    "left": ("已离开", "left"),
    "deactivated": ("已停用", "deactivated"),
    "availability_changed": ("可用状态已更改", "availability changed"),
    "issued": ("已签发", "issued"),
    "expiry_set": ("有效期已设定", "expiry set"),
    "revoked": ("已吊销", "revoked"),
    "secret_rotated": ("密钥已轮换", "secret rotated"),
    "former_secrets_ended": ("旧密钥已失效", "former secrets ended"),
    "redelivery_requested": ("已请求重新投递", "redelivery requested"),
    "started": ("已开始", "started"),
    "day_ended": ("一天已结束", "day ended"),
}

# Fields that are plain in every event; a field that an event marks as personal is left out of its line.
FIELDS = {
    "total": ("合计", "total"),
    "amount": ("金额", "amount"),
    "value": ("金额", "value"),
    "fact": ("事项", "fact"),
    "kind": ("类型", "kind"),
    "channel": ("渠道", "channel"),
    "origin": ("来源", "origin"),
    "purpose": ("用途", "purpose"),
    "bounce": ("退回", "bounce"),
    "owner": ("负责人", "owner"),
    "assignee": ("受理人", "assignee"),
    "team": ("团队", "team"),
    "agent": ("客服", "agent"),
    "tags": ("标签", "tags"),
    "pipeline": ("销售管道", "pipeline"),
    "stage": ("阶段", "stage"),
    "priority": ("优先级", "priority"),
    "category": ("分类", "category"),
    "variant": ("组别", "variant"),
    "direction": ("方向", "direction"),
    "by": ("来自", "by"),
    "opened_by": ("提交方", "opened by"),
    "visibility": ("可见范围", "visibility"),
    "code": ("代码", "code"),
    "metric": ("指标", "metric"),
    "score": ("评分", "score"),
    "duration_seconds": ("秒数", "seconds"),
    "carrier": ("承运商", "carrier"),
    "role": ("关系", "role"),
    "reason": ("原因", "reason"),
    "status": ("状态", "status"),
}
MONEY = ("total", "amount", "value")

Plain = str | int | float | bool


class Line(NamedTuple):
    zh: str
    en: str


def plain_values(event: Event) -> dict[str, Plain]:
    """The values of a line: those of `FIELDS` that the event has and that are not personal.

    With an amount of money comes the currency that the event itself names; if it names none, the stream's currency applies.
    """
    values: dict[str, Plain] = {}
    for name in _plain_fields(type(event)):
        value = getattr(event, name)
        if isinstance(value, tuple | list):
            value = ", ".join(map(str, value))
        if isinstance(value, Decimal):
            value = format(value, "f")
        if isinstance(value, str | int | float):
            values[name] = value
    if isinstance(currency := getattr(event, "currency", None), str) and not values.keys().isdisjoint(MONEY):
        values["currency"] = currency
    return values


def line(type: str, values: Mapping[str, Plain], number: str | None, currency: str | None) -> Line:
    """`Order 1001 placed: total 12.50 EUR, channel web`, and the same in Chinese.

    Raises ValueError if the type is not a name of four parts, which only damage can make of it.
    """
    _, thing, fact, _ = type.split(".")
    zh_thing, en_thing = THINGS.get(thing) or OTHERS.get(thing) or (thing, thing.replace("_", " ").capitalize())
    zh_fact, en_fact = FACTS.get(fact, (fact, fact.replace("_", " ")))
    of = values.get("currency", currency)
    fields = {name: value for name, value in values.items() if name in FIELDS}
    shown = {name: f"{value} {of}" if name in MONEY and of else str(value) for name, value in fields.items()}
    zh = "，".join(f"{FIELDS[name][0]} {value}" for name, value in shown.items())
    en = ", ".join(f"{FIELDS[name][1]} {value}" for name, value in shown.items())
    zh_thing, en_thing = (f"{zh_thing} {number} ", f"{en_thing} {number}") if number else (zh_thing, en_thing)
    return Line(f"{zh_thing}{zh_fact}" + (f"：{zh}" if zh else ""), f"{en_thing} {en_fact}" + (f": {en}" if en else ""))


@cache
def _plain_fields(kind: type[Event]) -> tuple[str, ...]:
    hints: dict[str, Any] = get_type_hints(kind, include_extras=True)
    plain = {name for name, hint in hints.items() if PERSONAL not in getattr(hint, "__metadata__", ())}
    return tuple(name for name in FIELDS if name in plain and name in kind.__struct_fields__)
