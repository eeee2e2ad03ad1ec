// Who was there: a day of the team, totals of each person, shifts, and open hours without anybody (demands.md D70).
import { ChevronDown, ChevronRight, Download } from 'lucide-preact'
import { useMemo, useState } from 'preact/hooks'
import { AskError, client, type Schemas, useAnswer } from '../../ask'
import type { Filter } from '../../filter/filter'
import { useParameter } from '../../filter/useFilter'
import { saveFile } from '../../kit/download'
import { Card, MetaLine, MetricName } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { useToast } from '../../kit/overlay'
import { Answered, Empty, Problem, Skeleton } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useSession } from '../../session'
import { useTerms, useWords } from '../../words'
import { Bar, presenceOf, type TabProps } from './bar'
import { EVERY } from './measure'
import { PersonName } from './profile'
import { Hours, STATUSES, StatusBar, Strip } from './strip'
import { useMore } from './table'

type Person = Schemas['PersonPresence']
type Shift = Schemas['PersonShift'] & { person: Schemas['PeoplePerson'] }
const FIRST_STRIPS = 15
const FIRST_SHIFTS = 20

export function Presence({ filtered, onOpen }: TabProps) {
  const say = useWords('team')
  const query = presenceOf(filtered.filter)
  const answer = useAnswer('/v1/analytics/presence', { params: { query } }, { every: EVERY })
  return (
    <>
      <div class="spread">
        <Bar filtered={filtered} meta={answer.data?.meta} presence />
        <ExportButton filter={filtered.filter} />
      </div>
      <Answered query={answer} lines={14}>
        {(data) =>
          data.people.length ? (
            <div class="stack">
              <DayOfTeam presence={data} onOpen={onOpen} />
              <Totals presence={data} onOpen={onOpen} />
              <Shifts presence={data} onOpen={onOpen} />
              <Unknown presence={data} />
            </div>
          ) : (
            <Card>
              <Empty title={say('presence.none')}>{say('presence.none.about')}</Empty>
              <Unknown presence={data} />
            </Card>
          )
        }
      </Answered>
      <Availability filter={filtered.filter} />
    </>
  )
}

function ExportButton({ filter }: { filter: Filter }) {
  const say = useWords('team')
  const kit = useWords('kit')
  const tell = useToast()
  const { may } = useSession()
  const [busy, setBusy] = useState(false)
  if (!may('export')) return null
  const save = async () => {
    setBusy(true)
    try {
      await saveFile(
        client.GET('/v1/analytics/presence/export', {
          params: { query: presenceOf(filter) },
          parseAs: 'blob',
        }),
        'presence.csv',
      )
    } catch (error) {
      tell(error instanceof AskError && error.detail ? error.detail : kit('broken.title'), true)
    } finally {
      setBusy(false)
    }
  }
  return (
    <button type="button" class="no-print" disabled={busy} onClick={save}>
      <Download size={16} aria-hidden="true" /> {say('presence.export')}
    </button>
  )
}

function Unknown({ presence }: { presence: Schemas['Presence'] }) {
  const say = useWords('team')
  const format = useFormat()
  if (!presence.unknown.length) return null
  const names = format.list(presence.unknown.map((one) => one.name || one.user_id))
  return <p class="faint small-text">{say('presence.unknown', { names })}</p>
}

/** The strips of everybody on one day, over the same hours. */
function DayOfTeam({
  presence,
  onOpen,
}: {
  presence: Schemas['Presence']
  onOpen: (userId: string) => void
}) {
  const say = useWords('team')
  const kit = useWords('kit')
  const term = useTerms()
  const format = useFormat()
  const days = presence.people[0]?.days.map((day) => day.date) ?? []
  const [said, setDay] = useParameter('day')
  const day = days.find((one) => one === said) ?? days.at(-1) ?? ''
  const [all, toggle] = useMore()
  const [shown, show] = useState('')
  const people = all ? presence.people : presence.people.slice(0, FIRST_STRIPS)
  return (
    <Card
      title={say('presence.day')}
      tools={
        <label class="row">
          <span class="faint">{say('presence.which_day')}</span>
          <select value={day} onChange={(event) => setDay(event.currentTarget.value)}>
            {days.toReversed().map((one) => (
              <option key={one} value={one}>
                {format.day(one, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' })}
              </option>
            ))}
          </select>
        </label>
      }
    >
      <div class="day-of-team">
        {people.map(({ person }) => (
          <div class="team-strip" key={person.user_id}>
            <span class="rank-name">
              <PersonName
                userId={person.user_id}
                name={person.name}
                deleted={person.deleted}
                onOpen={onOpen}
              />
            </span>
            <PersonStrip person={person} day={day} onShow={show} />
          </div>
        ))}
        <div class="team-strip">
          <span class="rank-name" />
          <Hours date={day} zone={presence.meta.zone} />
        </div>
      </div>
      <div class="spread">
        <p class="small-text strip-said" aria-hidden="true">
          {shown || <span class="faint">{say('strip.hint')}</span>}
        </p>
        <ul class="status-list small-text">
          {STATUSES.map((status) => (
            <li key={status}>
              <i class={`team-swatch status-${status}`} aria-hidden="true" /> {term(`presence.${status}`)}
            </li>
          ))}
        </ul>
      </div>
      {presence.people.length > FIRST_STRIPS ? (
        <button type="button" class="team-after no-print" onClick={toggle}>
          {kit(all ? 'show_less' : 'show_all')} ({format.count(presence.people.length)})
        </button>
      ) : null}
      <div class="chart-note">
        <MetaLine meta={{ zone: presence.meta.zone, as_of: presence.meta.as_of }} />
      </div>
    </Card>
  )
}

function PersonStrip({
  person,
  day,
  onShow,
}: {
  person: Schemas['PeoplePerson']
  day: string
  onShow: (text: string) => void
}) {
  const answer = useAnswer(
    '/v1/analytics/presence/timeline',
    { params: { query: { user: person.user_id, day } } },
    { every: EVERY, enabled: day !== '' },
  )
  if (answer.data) return <Strip strip={answer.data.strip} name={person.name} onShow={onShow} />
  if (answer.error) return <Problem error={answer.error} />
  return <Skeleton lines={1} />
}

function Totals({ presence, onOpen }: { presence: Schemas['Presence']; onOpen: (userId: string) => void }) {
  const say = useWords('team')
  const term = useTerms()
  const format = useFormat()
  const [open, setOpen] = useState('')
  const seconds = (status: (typeof STATUSES)[number]): Column<Person> => ({
    id: status,
    title: term(`presence.${status}`),
    end: true,
    cell: (row) => format.seconds(row.statuses[`${status}_s`]),
  })
  return (
    <Card title={say('presence.totals')} about={say('presence.totals.about')} class="measures">
      <Table
        label={say('presence.totals')}
        rows={presence.people}
        rowKey={(row) => row.person.user_id}
        rowClass={(row) => (row.person.deleted ? 'gone' : undefined)}
        expanded={(row) => (open === row.person.user_id ? <Days row={row} /> : null)}
        columns={[
          {
            id: 'person',
            title: say('table.person'),
            names: true,
            cell: (row) => {
              const shown = open === row.person.user_id
              const text = say('presence.show_days', { name: row.person.name })
              return (
                <span class="row team-keyed">
                  <button
                    type="button"
                    class="quiet small no-print"
                    aria-expanded={shown}
                    title={text}
                    onClick={() => setOpen(shown ? '' : row.person.user_id)}
                  >
                    {shown ? (
                      <ChevronDown size={16} aria-hidden="true" />
                    ) : (
                      <ChevronRight size={16} aria-hidden="true" />
                    )}
                    <span class="unseen">{text}</span>
                  </button>
                  <span>
                    <PersonName
                      userId={row.person.user_id}
                      name={row.person.name}
                      deleted={row.person.deleted}
                      onOpen={onOpen}
                    />
                  </span>
                </span>
              )
            },
          },
          {
            id: 'split',
            title: say('presence.split'),
            cell: (row) => (
              <div class="status-split">
                <StatusBar statuses={row.statuses} unknown_s={row.unknown_s} />
              </div>
            ),
          },
          ...STATUSES.map(seconds),
          ...(presence.people.some((row) => row.unknown_s)
            ? [
                {
                  id: 'unknown',
                  title: say('profile.unknown'),
                  end: true,
                  cell: (row: Person) => format.seconds(row.unknown_s),
                },
              ]
            : []),
          {
            id: 'first',
            title: say('presence.first'),
            end: true,
            cell: (row) => format.at(row.first_activity),
          },
          { id: 'last', title: say('presence.last'), end: true, cell: (row) => format.at(row.last_activity) },
          {
            id: 'occupancy',
            title: <MetricName id="occupancy" />,
            end: true,
            cell: (row) => format.share(row.occupancy.value),
          },
          {
            id: 'utilisation',
            title: <MetricName id="utilisation" />,
            end: true,
            cell: (row) => format.share(row.utilisation.value),
          },
        ]}
      />
    </Card>
  )
}

function Days({ row }: { row: Person }) {
  const say = useWords('team')
  const term = useTerms()
  const format = useFormat()
  return (
    <Table
      label={say('presence.days', { name: row.person.name })}
      rows={row.days.toReversed()}
      rowKey={(day) => day.date}
      columns={[
        {
          id: 'day',
          title: say('profile.day'),
          names: true,
          cell: (day) => format.day(day.date, { weekday: 'short', day: 'numeric', month: 'short' }),
        },
        ...STATUSES.map((status) => ({
          id: status,
          title: term(`presence.${status}`),
          end: true,
          cell: (day: Schemas['PersonDay']) => format.seconds(day.statuses[`${status}_s`]),
        })),
        {
          id: 'length',
          title: say('presence.length'),
          end: true,
          cell: (day) => format.seconds(day.length_s),
        },
        {
          id: 'first',
          title: say('presence.first'),
          end: true,
          cell: (day) => format.time(day.first_activity),
        },
        { id: 'last', title: say('presence.last'), end: true, cell: (day) => format.time(day.last_activity) },
      ]}
    />
  )
}

/** Stretches of work as they were: a night shift is one row, of the day on which it began. */
function Shifts({ presence, onOpen }: { presence: Schemas['Presence']; onOpen: (userId: string) => void }) {
  const say = useWords('team')
  const kit = useWords('kit')
  const term = useTerms()
  const format = useFormat()
  const [all, toggle] = useMore()
  const shifts = useMemo<Shift[]>(
    () =>
      presence.people
        .flatMap(({ person, shifts: own }) => own.map((shift) => ({ ...shift, person })))
        .sort((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at)),
    [presence],
  )
  return (
    <Card title={say('presence.shifts')} about={say('presence.shifts.about')}>
      <Table
        label={say('presence.shifts')}
        rows={all ? shifts : shifts.slice(0, FIRST_SHIFTS)}
        rowKey={(row) => `${row.person.user_id} ${row.started_at}`}
        columns={[
          {
            id: 'person',
            title: say('table.person'),
            names: true,
            cell: (row) => (
              <PersonName
                userId={row.person.user_id}
                name={row.person.name}
                deleted={row.person.deleted}
                onOpen={onOpen}
              />
            ),
          },
          {
            id: 'start',
            title: say('presence.start'),
            end: true,
            cell: (row) => (
              <>
                {format.at(row.started_at)}
                {row.begun_before ? <span class="faint"> {say('presence.before')}</span> : null}
              </>
            ),
          },
          {
            id: 'end',
            title: say('presence.end'),
            end: true,
            cell: (row) =>
              row.lasts ? <span class="tag good">{say('presence.lasts')}</span> : format.at(row.ended_at),
          },
          {
            id: 'length',
            title: say('presence.length'),
            end: true,
            cell: (row) => format.seconds(row.length_s),
          },
          ...STATUSES.map((status) => ({
            id: status,
            title: term(`presence.${status}`),
            end: true,
            cell: (row: Shift) => format.seconds(row.statuses[`${status}_s`]),
          })),
        ]}
      />
      {shifts.length > FIRST_SHIFTS ? (
        <button type="button" class="team-after no-print" onClick={toggle}>
          {kit(all ? 'show_less' : 'show_all')} ({format.count(shifts.length)})
        </button>
      ) : null}
    </Card>
  )
}

function Availability({ filter }: { filter: Filter }) {
  const say = useWords('team')
  const format = useFormat()
  const [open, setOpen] = useState<string | null>(null)
  const answer = useAnswer(
    '/v1/analytics/availability',
    { params: { query: presenceOf(filter) } },
    { every: EVERY },
  )
  const rows = [...(answer.data?.workspace ? [answer.data.workspace] : []), ...(answer.data?.teams ?? [])]
  // Of teams that one sees as a whole; there is nothing of it for who sees only themself.
  if (answer.data && !rows.length) return null
  return (
    <Card title={say('presence.availability')} about={say('presence.availability.about')}>
      <Answered query={answer} lines={4}>
        {() => (
          <Table
            label={say('presence.availability')}
            rows={rows}
            rowKey={(row) => row.team_id || 'workspace'}
            expanded={(row) =>
              open === row.team_id && row.gaps.length ? (
                <ul class="team-gaps">
                  {row.gaps.map((gap) => (
                    <li key={gap.started_at} class="number">
                      {format.at(gap.started_at)} – {format.time(gap.ended_at)}{' '}
                      <span class="faint">{format.seconds(gap.seconds)}</span>
                    </li>
                  ))}
                </ul>
              ) : null
            }
            columns={[
              {
                id: 'team',
                title: say('by_team.team'),
                names: true,
                cell: (row) => (row.team_id ? row.team_name : say('presence.workspace')),
              },
              {
                id: 'people',
                title: say('presence.people'),
                end: true,
                cell: (row) => format.count(row.people),
              },
              {
                id: 'availability',
                title: <MetricName id="availability" />,
                end: true,
                cell: (row) => format.share(row.availability.value),
              },
              {
                id: 'staffed',
                title: say('presence.staffed'),
                end: true,
                cell: (row) => format.seconds(row.staffed_s),
              },
              {
                id: 'open',
                title: say('presence.open'),
                end: true,
                cell: (row) => format.seconds(row.open_s),
              },
              {
                id: 'unknown',
                title: say('profile.unknown'),
                end: true,
                cell: (row) => format.seconds(row.unknown_s),
              },
              {
                id: 'gaps',
                title: '',
                end: true,
                cell: (row) =>
                  row.gaps_count ? (
                    <button
                      type="button"
                      class="small"
                      aria-expanded={open === row.team_id}
                      onClick={() => setOpen(open === row.team_id ? null : row.team_id)}
                    >
                      {say('presence.gaps', { count: row.gaps_count })}
                    </button>
                  ) : row.availability.value === null ? (
                    '–'
                  ) : (
                    <span class="faint">{say('presence.gaps', { count: 0 })}</span>
                  ),
              },
            ]}
          />
        )}
      </Answered>
    </Card>
  )
}
