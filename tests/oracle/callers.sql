-- Callers, repeats and speed of handling, from the definitions (metrics.md Repeat-caller rate, New vs returning
-- callers; features.md O9, N18), over tables `calls` and `messages` of everything that the viewer sees and `settings`
-- (start, stop: bounds of the period; window_h; as_of; user_id: '' or the user that is asked about).

create table heard as
select 'call' as channel, record_id, nullif(party_key, '') as party,
  coalesce(nullif(contact_id, ''), nullif(party_key, '')) as customer, business_number, team_id, user_id, direction,
  started_at, ended_at, is_answered = 1 as answered, contact_no, classifier, false as bulk
from calls where is_call = 1 and is_spam = 0 and direction <> 'internal'
union all
select 'message', record_id, nullif(party_key, ''), coalesce(nullif(contact_id, ''), nullif(party_key, '')),
  business_number, team_id, user_id, direction, started_at, null, false, null, '', is_bulk = 1
from messages where is_spam = 0 and direction <> 'internal';

create table asked as
select h.* from heard h, settings s
where h.started_at >= s.start and h.started_at < s.stop and (s.user_id = '' or h.user_id = s.user_id);

-- O9: different pairs of our number and the customer's number.
create table conversations as
select (select count(*) from (select distinct business_number, party from asked where party is not null)) as pairs,
  (select count(*) from asked where party is null) as anonymous;

-- Callers: customers with an incoming call; new when the first of these is the first record ever of its number.
create table people as
select customer, count(*) as calls, arg_min(coalesce(contact_no, 2), (started_at, record_id)) = 1 as fresh,
  arg_min(answered, (started_at, record_id)) as first_answered
from asked where channel = 'call' and direction = 'inbound' and customer is not null group by customer;

-- FCR: an answered incoming call and the first further contact of the same customer with the same team.
create table followed as
select a.record_id, a.team_id,
  exists (
    select 1 from heard n where n.direction = 'inbound' and n.customer = a.customer and n.team_id = a.team_id
      and n.record_id <> a.record_id and n.started_at >= a.ended_at
      and n.started_at <= a.ended_at + to_hours(s.window_h)
  ) as again,
  s.as_of is not null and a.ended_at + to_hours(s.window_h) < s.as_of as closed,
  case when lower(a.classifier) = 'solved' then true when lower(a.classifier) = 'unsolved' then false end as said
from asked a, settings s
where a.channel = 'call' and a.direction = 'inbound' and a.answered and a.ended_at is not null
  and a.customer is not null;

create table repeats as
select team_id,
  count(*) filter (coalesce(said, closed and not again)) as resolved,
  count(*) filter (coalesce(not said, closed and again)) as repeated,
  count(*) filter (said is null and not closed) as open,
  count(*) filter (said is null and not closed and again) as open_again
from followed group by team_id;

-- N18: the first contact in vain, and the first contact from us to that number afterwards, within seven days.
create table handled as
select v.party, min(o.started_at) as reached_at, v.at
from (
  select party, min(started_at) as at from asked
  where direction = 'inbound' and party is not null
    and (channel = 'message' or (not answered and ended_at is not null))
  group by party
) v
left join heard o on o.party = v.party and o.direction = 'outbound' and not o.bulk and o.started_at >= v.at
  and o.started_at < (select stop + interval 7 days from settings)
group by v.party, v.at;
