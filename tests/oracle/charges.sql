-- Charges a second time: from what was dialled and sent, the versions of the tariffs, the orders to rate again and the
-- exchange rates, by metrics.md Cost per call and features.md N5, N8; without any of our Python.
--
-- Given: told (record_id, unit, channel, connection, begun, number, up_ms, segments, local_date, spam),
--   versions (tariff, version, channel, connection, currency, valid_from, valid_to, written, until),
--   prices (tariff, version, prefix, fee, minute, step_s): of a millionth of the currency,
--   ratings (number, ordered, since, until, channel, connection),
--   worth (day, currency, value): millionths of a currency for one of the base, which is there too,
--   settings (currency).
-- Result: table results: a row for each rating of each unit that came to something of its own. Amounts are whole
--   numbers of ten thousandths. All arithmetic is of whole numbers: nothing is rounded but where it is said.

create macro half_up(above, below) as (2 * above + below) // (2 * below);

-- Every unit is rated once at first, and once more for each order that covers it.
create table asked as
select record_id, unit, 0 as rating, begun as since from told
union all
select t.record_id, t.unit, r.number, r.ordered
from told t join ratings r
    on r.since <= t.begun and t.begun < r.until and r.channel in ('', t.channel) and r.connection in ('', t.connection);

-- The moments at which the tariffs looked different, as seen from when they were first looked at.
create table moments as
select record_id, unit, rating, since as moment from asked
union
select record_id, unit, rating, written from asked join versions on written > since
union
select record_id, unit, rating, v.until from asked join versions v on v.until > since;

-- All prices that fit, the one that counts first.
create table fitting as
select m.record_id, m.unit, m.rating, v.tariff, v.version, v.currency, p.prefix, p.fee, p.minute, p.step_s,
    row_number() over (
        partition by m.record_id, m.unit, m.rating
        order by m.moment, v.connection = '', v.valid_from desc nulls last, v.tariff, length(p.prefix) desc
    ) as place
from moments m
join told t using (record_id, unit)
join versions v on v.channel = t.channel and v.connection in ('', t.connection)
    and (v.written is null or v.written <= m.moment) and (v.until is null or m.moment < v.until)
    and (v.valid_from is null or v.valid_from <= t.begun) and (v.valid_to is null or t.begun < v.valid_to)
join prices p on p.tariff = v.tariff and p.version = v.version and starts_with(t.number, '+' || p.prefix);

create table priced as
select a.record_id, a.unit, a.rating, f.tariff, f.version, f.prefix, f.currency,
    case
        when f.tariff is null then null
        when t.channel = 'message' then half_up((f.fee * t.segments)::hugeint, 100)
        when t.up_ms = 0 then 0
        -- Begun steps are whole; a minute is sixty seconds.
        else half_up(
            (f.fee * 60 + ((t.up_ms + f.step_s * 1000 - 1) // (f.step_s * 1000)) * f.step_s * f.minute)::hugeint,
            6000
        )
    end as amount
from asked a
join told t using (record_id, unit)
left join fitting f on f.record_id = a.record_id and f.unit = a.unit and f.rating = a.rating and f.place = 1;

-- A rating that came to the same as the one before is no row of its own.
create table kept as
select record_id, unit, rating, tariff, version, prefix, currency, amount
from (
    select *, row_number() over one as place, row(tariff, version, prefix, amount) as now,
        lag(row(tariff, version, prefix, amount)) over one as before
    from priced
    window one as (partition by record_id, unit order by rating)
)
where place = 1 or now is distinct from before;

-- The last day with rates of both currencies, at most seven days back.
create table days as
select k.record_id, k.unit, k.rating, max(here.day) as day
from kept k
join told t using (record_id, unit)
cross join settings s
join worth here on here.currency = s.currency and here.day between t.local_date - 7 and t.local_date
join worth there on there.currency = k.currency and there.day = here.day
group by all;

create table results as
select k.*, t.spam, t.local_date, k.rating = max(k.rating) over (partition by k.record_id, k.unit) as current,
    case
        when k.currency = s.currency then k.amount
        else half_up(k.amount::hugeint * half_up(here.value::hugeint * 10000000000, there.value), 10000000000)
    end as home
from kept k
join told t using (record_id, unit)
cross join settings s
left join days d on d.record_id = k.record_id and d.unit = k.unit and d.rating = k.rating
left join worth here on here.day = d.day and here.currency = s.currency
left join worth there on there.day = d.day and there.currency = k.currency;

-- What a whole call or message cost at home: unknown as soon as one of its units is.
create table wholes as
select record_id, any_value(spam) as spam, any_value(local_date) as local_date,
    if(count(home) = count(*), sum(home), null) as home
from results
where current
group by record_id;
