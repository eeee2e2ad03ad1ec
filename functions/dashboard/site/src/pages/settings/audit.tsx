// Who did what, month by month (security.md).
import { useRef, useState } from 'preact/hooks'
import { type Schemas, useAnswer } from '../../ask'
import { useParameter } from '../../filter/useFilter'
import { useFormat } from '../../kit/format'
import { Answered, Empty } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useWords } from '../../words'

type Entry = Schemas['AuditEntry']

// First words of actions: what they are about.
const KINDS = [
  'user',
  'users',
  'team',
  'number',
  'numbers',
  'connection',
  'contact',
  'contacts',
  'source',
  'lists',
  'settings',
  'targets',
  'export',
  'report',
  'schedule',
  'alert',
  'tariff',
  'budgets',
  'invoice',
  'month',
  'call',
  'case',
  'deal',
  'recording',
  'transcript',
  'live',
  'wall',
  'mail',
  'quarantine',
  'workspace',
]
const PAGE_START = '0'

export default function AuditTab() {
  const say = useWords('settings')
  const format = useFormat()
  const [month, setMonth] = useParameter('month')
  const [action, setAction] = useParameter('action')
  const [user, setUser] = useParameter('by')
  const [target, setTarget] = useParameter('target')
  const [skip, setSkip] = useParameter('skip', PAGE_START)
  const [typed, type] = useState(target)
  // How long pages are, once one that is not the last was seen.
  const size = useRef(0)
  const people = useAnswer('/v1/directory/choices', { params: { query: { deleted: true } } })
  const query = useAnswer('/v1/directory/audit', {
    params: {
      query: {
        ...(month ? { month } : {}),
        ...(action ? { action } : {}),
        ...(user ? { user } : {}),
        ...(target ? { target } : {}),
        ...(skip !== PAGE_START ? { skip: Number(skip) } : {}),
      },
    },
  })
  const columns: Column<Entry>[] = [
    { id: 'at', title: say('when'), cell: (row) => <span class="nowrap">{format.exactly(row.at)}</span> },
    { id: 'user', title: say('who'), cell: (row) => row.user_name || row.user },
    { id: 'action', title: say('action'), names: true, cell: (row) => <code>{row.action}</code> },
    {
      id: 'target',
      title: say('audit.target'),
      cell: (row) =>
        row.target ? (
          <button
            type="button"
            class="link"
            onClick={() => {
              type(row.target)
              setTarget(row.target)
            }}
          >
            {row.target}
          </button>
        ) : (
          '–'
        ),
    },
    {
      id: 'detail',
      title: say('audit.detail'),
      cell: (row) => <span class="detail">{detailOf(row.detail)}</span>,
    },
  ]
  const first = (set: (value: string | null) => void) => (value: string | null) => {
    set(value)
    setSkip(null)
  }
  return (
    <section class="card stack">
      <header>
        <div>
          <h2>{say('tab.audit')}</h2>
          <p class="about">{say('audit.about')}</p>
        </div>
      </header>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault()
          first(setTarget)(typed.trim() || null)
        }}
      >
        <label class="row">
          <span class="faint">{say('month')}</span>
          <input
            type="month"
            value={month || (query.data?.month ?? '')}
            onChange={(event) => first(setMonth)(event.currentTarget.value || null)}
          />
        </label>
        <label class="row">
          <span class="faint">{say('action')}</span>
          <select value={action} onChange={(event) => first(setAction)(event.currentTarget.value || null)}>
            <option value="">{say('audit.all')}</option>
            {(KINDS.includes(action) || !action ? KINDS : [...KINDS, action]).map((kind) => (
              <option key={kind} value={kind}>
                {kind}
              </option>
            ))}
          </select>
        </label>
        <label class="row">
          <span class="faint">{say('who')}</span>
          <select value={user} onChange={(event) => first(setUser)(event.currentTarget.value || null)}>
            <option value="">{say('everybody')}</option>
            {(people.data?.users ?? []).map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
        <input
          type="search"
          class="search"
          placeholder={say('audit.target')}
          aria-label={say('audit.target')}
          value={typed}
          onInput={(event) => type(event.currentTarget.value)}
        />
        <button type="submit">{say('search')}</button>
      </form>
      <Answered query={query}>
        {(page) => {
          const from = Number(skip)
          if (page.next !== null) size.current = page.next - from
          return (
            <div class="stack">
              <Table
                label={say('tab.audit')}
                columns={columns}
                rows={[...page.lines]}
                rowKey={(row) => `${row.at} ${row.user} ${row.action} ${row.target}`}
                empty={<Empty inline title={say('audit.none')} />}
              />
              <div class="spread">
                <span class="faint">
                  {page.lines.length
                    ? say('audit.shown', { from: from + 1, to: from + page.lines.length, count: page.count })
                    : null}
                </span>
                <span class="row">
                  <button
                    type="button"
                    disabled={from === 0}
                    onClick={() => setSkip(String(size.current ? Math.max(0, from - size.current) : 0))}
                  >
                    {say('newer')}
                  </button>
                  <button
                    type="button"
                    disabled={page.next === null}
                    onClick={() => setSkip(String(page.next))}
                  >
                    {say('older')}
                  </button>
                </span>
              </div>
            </div>
          )
        }}
      </Answered>
    </section>
  )
}

/** "fields: zone, name · role: …": what an action tells of itself. */
function detailOf(detail: Record<string, unknown>): string {
  return Object.entries(detail)
    .filter(([name, value]) => name !== 'role' && !isEmpty(value))
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(', ') : textOf(value)}`)
    .join(' · ')
}

/** Nothing said: an empty text, list or object. */
const isEmpty = (value: unknown): boolean =>
  value === '' || value === null || (typeof value === 'object' && Object.keys(value).length === 0)

const textOf = (value: unknown): string =>
  value !== null && typeof value === 'object' ? JSON.stringify(value) : String(value)
