"""The writers of standing. Consequences of steps are written as the system, by the job or by the step itself; what people
decide here (reviews, thresholds, answers) they decide in their own name, two where it binds."""

from licet.standing.services.carrying import carry_out_due
from licet.standing.services.feeding import SignedFeed, blacklist_feed, feed_key
from licet.standing.services.following import on_step
from licet.standing.services.identity import complete_proposal, organisers_of
from licet.standing.services.points import answer_objection, object_to, record_points_due
from licet.standing.services.reviews import SamePerson, propose_review, second_review
from licet.standing.services.thresholds import Preview, preview, propose_threshold, switch_off, switch_on

__all__ = ["Preview", "SamePerson", "SignedFeed", "answer_objection", "blacklist_feed", "carry_out_due",
           "complete_proposal", "feed_key", "object_to", "on_step",
           "organisers_of", "preview", "propose_review", "propose_threshold", "record_points_due", "second_review",
           "switch_off", "switch_on"]
