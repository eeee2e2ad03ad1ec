// What is wrong with what arrives: silent connections, deliveries set aside, strangers, rows that tell too little
// (demands.md D24, D26, D39, D40). Every number leads to its rows.
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { client, type Schemas, useAnswer } from '../../ask'
import { type Drill, drillTo } from '../../filter/filter'
import { useParameter } from '../../filter/useFilter'
import { One } from '../../kit/choices'
import { useFormat } from '../../kit/format'
import { Select, Text, wrongOf } from '../../kit/inputs'
import { Phone } from '../../kit/pieces'
import { Answered, Empty } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useWords } from '../../words'
import { Light, SetAside, useAgo } from './connections'
import { Editor, useSaving } from './editing'
import { momentOf } from './zoned'

type Quality = Schemas['Quality']
type Health = Schemas['ConnectionHealth']
type Suspicion = Quality['findings'][number]
type Stranger = Schemas['Stranger']

const LOOK = 60_000
const PERIODS = ['7', '30', '89'] as const
type Period = (typeof PERIODS)[number]

const FINDINGS = [
  'answered_without_talk',
  'never_ended',
  'negative_duration',
  'duration_differs',
  'after_end',
  'mixed_currency',
  'direction_unknown',
  'no_provider_time',
  'person_unmapped',
  'number_unmapped',
  'text_status_unknown',
] as const
type Finding = (typeof FINDINGS)[number]
const STATE_TONES: Record<Health['state'], string> = {
  speaking: 'good',
  quiet: 'bad',
  never: '',
  disabled: '',
}

/** Drills leave the question's filter plain; fields of the API are objects of any kind. */
const plain = (filter: unknown): Drill => filter as Drill

export default function QualityTab() {
  const say = useWords('settings')
  const [chosen, choose] = useParameter('days', '30')
  const days: Period = PERIODS.find((one) => one === chosen) ?? '30'
  const query = useAnswer('/v1/quality', { params: { query: { days: Number(days) } } }, { every: LOOK })
  return (
    <div class="stack">
      <div class="row">
        <One
          label={say('quality.days')}
          chosen={days}
          onChange={choose}
          options={PERIODS.map((one) => ({ id: one, name: say('days', { count: Number(one) }) }))}
        />
      </div>
      <Answered query={query} lines={10}>
        {(data) => (
          <div class="stack">
            <Freshness data={data} />
            <Connections data={data} />
            <Findings data={data} />
          </div>
        )}
      </Answered>
      <Strangers days={Number(days)} />
    </div>
  )
}

function Freshness({ data }: { data: Quality }) {
  const say = useWords('settings')
  const format = useFormat()
  const { freshness } = data
  const waiting = format.count(freshness.waiting)
  return (
    <section class="card">
      <div class="row">
        <span>
          {freshness.as_of ? say('fresh.as_of', { at: format.exactly(freshness.as_of) }) : say('fresh.never')}
        </span>
        <span class={`tag ${(freshness.behind_s ?? 0) > 300 ? 'warn' : 'good'}`}>
          {say('fresh.behind', { time: format.seconds(freshness.behind_s) })}
        </span>
        <span class="tag">
          {say(freshness.at_least ? 'fresh.waiting_more' : 'fresh.waiting', { count: waiting })}
        </span>
        {freshness.refolding ? (
          <span class="tag accent">{say('fresh.refolding', { count: freshness.refolding })}</span>
        ) : null}
      </div>
    </section>
  )
}

function Connections({ data }: { data: Quality }) {
  const say = useWords('settings')
  const format = useFormat()
  const ago = useAgo()
  const [open, show] = useState('')
  const now = new Date().toISOString()
  const base = plain(data.meta.filter)
  const columns: Column<Health>[] = [
    {
      id: 'name',
      title: say('connection'),
      names: true,
      cell: (row) => (
        <Link href={`/app/settings?tab=connections&connection=${encodeURIComponent(row.connection)}`}>
          {row.name || row.connection}
        </Link>
      ),
    },
    {
      id: 'state',
      title: say('state'),
      cell: (row) => (
        <span class={`tag ${STATE_TONES[row.state]}`} data-state={row.state}>
          {say(`health.${row.state}`)}
        </span>
      ),
    },
    {
      id: 'last',
      title: say('last_event'),
      cell: (row) => <Light disabled={row.state === 'disabled'} arrivals={row.arrivals} now={now} />,
    },
    {
      id: 'record',
      title: say('last_record'),
      cell: (row) => (
        <span title={format.exactly(row.last_record_at)}>
          {row.last_record_at ? ago((Date.parse(now) - Date.parse(row.last_record_at)) / 1000) : '–'}
        </span>
      ),
    },
    {
      id: 'hour',
      title: say('last_hour'),
      end: true,
      cell: (row) => <Counted base={base} rows={row.hour} />,
    },
    {
      id: 'day',
      title: say('last_day'),
      end: true,
      cell: (row) => <Counted base={base} rows={row.day} />,
    },
    {
      id: 'aside',
      title: say('aside'),
      end: true,
      cell: (row) =>
        row.quarantined.count ? (
          <button
            type="button"
            class="link"
            aria-expanded={open === row.connection}
            onClick={() => show(open === row.connection ? '' : row.connection)}
          >
            {format.count(row.quarantined.count)}
            {row.quarantined.at_least ? '+' : ''}
          </button>
        ) : (
          '0'
        ),
    },
  ]
  return (
    <section class="card stack">
      <header>
        <div>
          <h2>{say('tab.connections')}</h2>
          <p class="about">{say('quality.rule')}</p>
        </div>
      </header>
      <Table
        label={say('tab.connections')}
        columns={columns}
        rows={[...data.connections]}
        rowKey={(row) => row.connection}
        rowClass={(row) => (row.state === 'disabled' ? 'gone' : undefined)}
        expanded={(row) =>
          row.state === 'quiet' || open === row.connection ? (
            <div class="stack">
              {row.state === 'quiet' ? (
                <p>
                  {row.usual === null || row.usual === undefined
                    ? say('quiet.long', { since: format.exactly(row.quiet_since) })
                    : say('quiet.usual', {
                        since: format.exactly(row.quiet_since),
                        usual: format.count(row.usual, 1),
                      })}
                </p>
              ) : null}
              {open === row.connection ? <SetAside aside={row.quarantined} /> : null}
            </div>
          ) : null
        }
        empty={<Empty inline title={say('connections.none')} />}
      />
    </section>
  )
}

/** A number that leads to its rows; nothing has none. */
function Counted({ base, rows }: { base: Drill; rows: { count: number; drill: unknown } }) {
  const format = useFormat()
  if (!rows.count) return <>0</>
  return <Link href={drillTo(base, plain(rows.drill))}>{format.count(rows.count)}</Link>
}

function Findings({ data }: { data: Quality }) {
  const say = useWords('settings')
  const format = useFormat()
  const base = plain(data.meta.filter)
  const names = new Map(data.connections.map((one) => [one.connection, one.name || one.connection]))
  const known = (id: string): Finding | undefined => FINDINGS.find((one) => one === id)
  const columns: Column<Suspicion>[] = [
    {
      id: 'finding',
      title: say('finding'),
      names: true,
      cell: (row) => {
        const id = known(row.finding)
        return (
          <span class="tight">
            <span>{id ? say(`finding.${id}`) : row.finding}</span>
            {id ? <span class="faint small-text">{say(`finding.${id}.why`)}</span> : null}
          </span>
        )
      },
    },
    { id: 'count', title: say('rows'), end: true, cell: (row) => <Counted base={base} rows={row} /> },
    { id: 'of', title: say('of'), end: true, cell: (row) => format.count(row.of) },
    { id: 'share', title: say('share'), end: true, cell: (row) => format.share(row.share, 2) },
    {
      id: 'connections',
      title: say('tab.connections'),
      cell: (row) => (
        <span class="row">
          {row.connections.map((one) => (
            <Link key={one.connection} href={drillTo(base, plain(one.drill))} class="tag">
              {names.get(one.connection) ?? one.connection} {format.count(one.count)}
            </Link>
          ))}
        </span>
      ),
    },
  ]
  return (
    <section class="card stack">
      <header>
        <div>
          <h2>{say('findings')}</h2>
          <p class="about">{say('findings.about')}</p>
        </div>
      </header>
      <Table
        label={say('findings')}
        columns={columns}
        rows={[...data.findings].sort((a, b) => b.count - a.count)}
        rowKey={(row) => row.finding}
        rowClass={(row) => (row.count ? undefined : 'none')}
      />
    </section>
  )
}

interface Mapping {
  stranger: Stranger
  kind: 'account' | 'number'
}

/** Accounts and numbers that the directory does not know, with the way to make them known. */
function Strangers({ days }: { days: number }) {
  const say = useWords('settings')
  const format = useFormat()
  const query = useAnswer('/v1/directory/unmapped', { params: { query: { days } } })
  const connections = useAnswer('/v1/directory/connections', {})
  const [mapping, map] = useState<Mapping | null>(null)
  const names = new Map(connections.data?.connections.map((one) => [one.id, one.name || one.id]))
  const shared = (kind: Mapping['kind']): Column<Stranger>[] => [
    {
      id: 'name',
      title: say('name'),
      cell: (row) => row.name || '–',
    },
    {
      id: 'connection',
      title: say('connection'),
      cell: (row) => names.get(row.connection) ?? row.connection,
    },
    {
      id: 'records',
      title: say('rows'),
      end: true,
      cell: (row) =>
        row.drill ? (
          <Link href={drillTo(plain(row.drill))}>{format.count(row.records)}</Link>
        ) : (
          format.count(row.records)
        ),
    },
    {
      id: 'example',
      title: say('last_seen'),
      cell: (row) => <Link href={drillTo(aroundOf(row))}>{format.exactly(row.last_seen)}</Link>,
    },
    {
      id: 'map',
      title: say('map'),
      cell: (row) => (
        <button type="button" class="small" onClick={() => map({ stranger: row, kind })}>
          {say('map')}
        </button>
      ),
    },
  ]
  return (
    <section class="card stack">
      <header>
        <div>
          <h2>{say('strangers')}</h2>
          <p class="about">{say('strangers.about')}</p>
        </div>
      </header>
      <Answered query={query}>
        {(data) => (
          <div class="stack">
            <h3>{say('strangers.accounts')}</h3>
            <Table
              label={say('strangers.accounts')}
              columns={[
                {
                  id: 'account',
                  title: say('account'),
                  names: true,
                  cell: (row: Stranger) => <code>{row.account}</code>,
                },
                ...shared('account'),
              ]}
              rows={[...data.accounts]}
              rowKey={(row) => `${row.connection} ${row.account}`}
              empty={<Empty inline title={say('strangers.none')} />}
            />
            <h3>{say('strangers.numbers')}</h3>
            <Table
              label={say('strangers.numbers')}
              columns={[
                {
                  id: 'number',
                  title: say('number'),
                  names: true,
                  cell: (row: Stranger) =>
                    row.number ? <Phone number={row.number} /> : <code>{row.ref}</code>,
                },
                ...shared('number'),
              ]}
              rows={[...data.numbers]}
              rowKey={(row) => `${row.connection} ${row.number} ${row.ref}`}
              empty={<Empty inline title={say('strangers.none')} />}
            />
          </div>
        )}
      </Answered>
      {mapping ? <MapIt mapping={mapping} onClose={() => map(null)} /> : null}
    </section>
  )
}

/** The latest call or text of a stranger, and the days around it: its moment is UTC, the list's days are not. */
function aroundOf(row: Stranger): Drill {
  const at = Date.parse(row.last_seen)
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  return {
    from: day(at - 86_400_000),
    to: day(at + 86_400_000),
    include_internal: true,
    record_ids: [row.example],
  }
}

function MapIt({ mapping, onClose }: { mapping: Mapping; onClose: () => void }) {
  const say = useWords('settings')
  const { zone } = useFormat()
  const { stranger, kind } = mapping
  const users = useAnswer('/v1/directory/users', {}, { enabled: kind === 'account' })
  const numbers = useAnswer('/v1/directory/numbers', {}, { enabled: kind === 'number' })
  const teams = useAnswer('/v1/directory/teams', {}, { enabled: kind === 'number' })
  const [user, setUser] = useState('')
  const [since, setSince] = useState('')
  const [number, setNumber] = useState(stranger.number ? 'new' : '')
  const [name, setName] = useState(stranger.name ?? '')
  const [team, setTeam] = useState('')
  const saving = useSaving<Schemas['Mapped']>([
    '/v1/directory/unmapped',
    '/v1/directory/users',
    '/v1/directory/numbers',
    '/v1/directory/choices',
    '/v1/quality',
  ])
  const error = saving.error
  const body =
    kind === 'account'
      ? {
          connection: stranger.connection,
          account: stranger.account,
          user,
          ...(since ? { since: momentOf(since, zone) } : {}),
        }
      : number === 'new'
        ? { connection: stranger.connection, number: stranger.number, name: name.trim(), team }
        : { connection: stranger.connection, account: stranger.ref || stranger.number, number_id: number }
  return (
    <Editor
      title={say('map.title', { what: stranger.account || stranger.number || stranger.ref || '' })}
      saving={saving}
      fields={['user', 'since', 'number', 'number_id', 'name', 'team', 'e164']}
      onClose={onClose}
      disabled={kind === 'account' ? !user : !number}
      action={say('map')}
      onSave={() => saving.run(() => client.POST('/v1/directory/unmapped/map', { body }), onClose)}
    >
      <p>{say('map.history')}</p>
      {kind === 'account' ? (
        <>
          <Select
            label={say('person')}
            value={user}
            onChange={setUser}
            options={[
              { id: '', name: say('choose') },
              ...(users.data?.users ?? []).map((one) => ({ id: one.id, name: one.name })),
            ]}
            wrong={wrongOf(error, 'user')}
          />
          <Text
            label={say('since')}
            why={say('map.since.why')}
            type="datetime-local"
            value={since}
            onChange={setSince}
            wrong={wrongOf(error, 'since')}
          />
        </>
      ) : (
        <>
          <Select
            label={say('number')}
            value={number}
            onChange={setNumber}
            options={[
              { id: '', name: say('choose') },
              ...(stranger.number ? [{ id: 'new', name: say('map.new') }] : []),
              ...(numbers.data?.numbers ?? []).map((one) => ({
                id: one.id,
                name: one.name ? `${one.name} ${one.e164}` : one.e164,
              })),
            ]}
            wrong={wrongOf(error, 'number_id') ?? wrongOf(error, 'e164')}
          />
          {number === 'new' ? (
            <div class="two">
              <Text label={say('name')} value={name} onChange={setName} wrong={wrongOf(error, 'name')} />
              <Select
                label={say('team')}
                value={team}
                onChange={setTeam}
                options={[
                  { id: '', name: say('none') },
                  ...(teams.data?.teams ?? []).map((one) => ({ id: one.id, name: one.name })),
                ]}
                wrong={wrongOf(error, 'team')}
              />
            </div>
          ) : null}
        </>
      )}
    </Editor>
  )
}
