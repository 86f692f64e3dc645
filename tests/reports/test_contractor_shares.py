"""What contractors should have got and what they got, from the ledger's own notices."""

from dataclasses import replace

from ivr_engine.core.configuration import AgentSettings, QueueSettings
from ivr_engine.core.vocabulary import AgentId, QueueId, Skill
from ivr_engine.reports.book import report_of
from ivr_engine.reports.contractor_shares import ContractorReport
from ivr_engine.reports.question import Dimension, Kind, Question
from tests.core.centre import START_MS
from tests.reports.journalled import Journalled

GENERAL = QueueSettings(QueueId("general"), contractor_shares={"han": 60, "nam": 40}, wrap_up_ms=0)
WATER = replace(GENERAL, id=QueueId("water"), requirement=frozenset({Skill("water")}))
AGENTS = tuple(
    AgentSettings(AgentId(name), name, {Skill("water"): 3}, contractor=contractor)
    for name, contractor in (("1001", "han"), ("1002", "han"), ("2001", "nam"), ("2002", "nam"))
)


def report_on(centre: Journalled, *by: Dimension, contractor: str = "") -> ContractorReport:
    question = Question(START_MS, centre.now_ms + 1, Kind.CONTRACTORS, by, contractor=contractor)
    found = report_of(question, centre.entries, centre.now_ms)
    assert isinstance(found, ContractorReport)
    return found


def served(centre: Journalled, citizens: int, queue: str = "general") -> None:
    """One after another, each answered by whoever the ledger chose."""
    for number in range(citizens):
        citizen = centre.citizen(f"{queue}-{number}").queues(queue)
        offer = centre.rings()[-1]
        talking = centre.agent(offer[1]).answers()
        centre.wait(5_000)
        citizen.leaves()
        talking.hangs_up()
        centre.wait(1_000)


def test_given_ten_contacts_when_reported_then_each_contractor_got_its_share() -> None:
    centre = Journalled(*AGENTS, queues=(GENERAL,))
    served(centre, 10)
    rows = report_on(centre, Dimension.QUEUE).rows
    assert [(row.key, row.contractor, row.share.got, row.share.target_hundredths, row.of) for row in rows] == [
        (("general",), "han", 6, 600, 10),
        (("general",), "nam", 4, 400, 10),
    ]


def test_given_one_contractor_on_duty_when_reported_then_the_difference_shows_and_is_owed() -> None:
    centre = Journalled(*AGENTS[:2], AGENTS[2], queues=(GENERAL,))
    centre.agent("2001").logs_out()
    served(centre, 10)
    han, nam = report_on(centre).total
    assert (han.share.got, nam.share.got, nam.share.target_hundredths) == (10, 0, 400)
    assert nam.share.owed_hundredths["general", ()] > 0 > han.share.owed_hundredths["general", ()]


def test_given_an_offer_that_rang_in_vain_when_reported_then_it_is_taken_back() -> None:
    centre = Journalled(AGENTS[0], queues=(GENERAL,))
    centre.citizen("c1").queues()
    centre.agent("1001").misses()
    han = report_on(centre).total[0]
    assert (han.contractor, han.share.got, han.share.back) == ("han", 0, 1)


def test_given_two_queues_when_split_by_skill_then_a_contact_counts_under_what_it_needed() -> None:
    centre = Journalled(*AGENTS, queues=(GENERAL, WATER))
    served(centre, 3)
    served(centre, 2, "water")
    found = {row.key: row.of for row in report_on(centre, Dimension.SKILL).rows}
    assert found == {("",): 3, ("water",): 2}


def test_given_a_contractor_s_question_when_reported_then_it_sees_its_own_line_alone() -> None:
    centre = Journalled(*AGENTS, queues=(GENERAL,))
    served(centre, 5)
    assert {row.contractor for row in report_on(centre, Dimension.QUEUE, contractor="nam").rows} == {"nam"}
