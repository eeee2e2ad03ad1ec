// The calls that have not ended (features.md R8-R17, R21, R22, R38): a table, and cards where the screen is narrow.
import {
  ArrowDownLeft,
  ArrowLeftRight,
  ArrowUpRight,
  CircleHelp,
  Headphones,
  IdCard,
  PhoneCall,
  TriangleAlert,
} from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useFormat } from '../../kit/format'
import { Phone } from '../../kit/pieces'
import { type Column, Table } from '../../kit/table'
import { useWords } from '../../words'
import { type Board, type Call, customerWaits, menuOf, ordered, waitLevel, waitOf } from './board'
import { Age, useNow } from './clock'

const ICONS = {
  incoming: ArrowDownLeft,
  outgoing: ArrowUpRight,
  callback: PhoneCall,
  internal: ArrowLeftRight,
  unknown: CircleHelp,
} as const

export function TypeOf({ type }: { type: Call['type'] }) {
  const say = useWords('live')
  const Icon = ICONS[type]
  return (
    <span class="call-type" data-type={type}>
      <Icon size={16} aria-hidden="true" /> {say(`type.${type}`)}
    </span>
  )
}

export interface Acts {
  onProfile: (userId: string) => void
  onJoin: (call: Call) => void
}

type One = Call['employees'][number]

/** An employee with a way to the profile, by mouse and keyboard. */
export function Employee({
  one,
  onProfile,
}: {
  one: Pick<One, 'user_id' | 'name'>
  onProfile: Acts['onProfile']
}) {
  const say = useWords('live')
  if (!one.user_id) return <span class="faint">{one.name || say('nobody_known')}</span>
  return (
    <button
      type="button"
      class="quiet small live-employee"
      onClick={() => onProfile(one.user_id)}
      title={say('profile', { name: one.name })}
      data-user={one.user_id}
    >
      <span>{one.name}</span>
      <IdCard size={15} aria-hidden="true" />
    </button>
  )
}

function Employees({ call, onProfile }: { call: Call } & Pick<Acts, 'onProfile'>) {
  const say = useWords('live')
  const { employees, ringing } = call
  if (employees.length) {
    return (
      <>
        {employees.map((one) => (
          <Employee key={one.user_id + one.name} one={one} onProfile={onProfile} />
        ))}
      </>
    )
  }
  const [only] = ringing
  if (only && ringing.length === 1) {
    return (
      <>
        <Employee one={only} onProfile={onProfile} /> <span class="faint small-text">{say('rings')}</span>
      </>
    )
  }
  if (!ringing.length) return <span class="faint">{call.in_menu ? say('in_menu') : '–'}</span>
  return (
    <details class="live-ringing">
      <summary>{say('n_ringing', { count: ringing.length })}</summary>
      <ul>
        {ringing.map((one) => (
          <li key={one.user_id + one.name}>
            <Employee one={one} onProfile={onProfile} />
            <span class="faint small-text">
              <Age from={one.since} />
            </span>
          </li>
        ))}
      </ul>
    </details>
  )
}

/** Names of teams as this board tells them: those of its people and of its calls. */
export function teamNames(board: Board): Map<string, string> {
  const names = new Map<string, string>()
  for (const call of board.calls.values()) if (call.team_id) names.set(call.team_id, call.team_name)
  for (const person of board.people.values()) {
    person.teams.forEach((id, at) => {
      names.set(id, person.team_names[at] ?? id)
    })
  }
  return names
}

function departments(call: Call, names: Map<string, string>): string[] {
  const found = call.employee_teams.map((id) => names.get(id) ?? '').filter(Boolean)
  return found.length ? found : call.team_name ? [call.team_name] : []
}

function Wait({ call }: { call: Call }) {
  const say = useWords('live')
  const format = useFormat()
  const now = useNow()
  const wait = waitOf(call, now)
  const menu = menuOf(call, now)
  const level = wait !== null && customerWaits(call) ? waitLevel(wait, call.target_s) : ''
  const parts = [
    wait === null ? say('wait.none') : say('wait.people', { time: format.seconds(Math.floor(wait)) }),
    menu === null ? say('wait.no_menu') : say('wait.menu', { time: format.seconds(Math.floor(menu)) }),
    ...(call.type === 'incoming' ? [say('promised', { time: format.seconds(call.target_s) })] : []),
  ]
  return (
    <span class={`live-wait ${level}`} title={parts.join('\n')} data-wait={level || 'ok'}>
      {level === 'red' ? <TriangleAlert size={14} aria-hidden="true" /> : null}
      {wait === null ? (
        <span class="faint">–</span>
      ) : (
        <span class="number">{format.seconds(Math.floor(wait))}</span>
      )}
      <span class="unseen">
        {parts.slice(1).join(', ')} {level ? say(`level.${level}`) : ''}
      </span>
    </span>
  )
}

function Customer({ call }: { call: Call }) {
  const say = useWords('live')
  return (
    <div class="live-two">
      <Phone number={call.anonymous ? 'anonymous' : call.customer_number} />
      {call.customer_name ? (
        <span class="faint small-text live-cut" title={call.customer_name}>
          {call.customer_name}
          {call.contacts_more ? ` ${say('more_contacts', { count: call.contacts_more })}` : ''}
        </span>
      ) : null}
    </div>
  )
}

function Own({ call }: { call: Call }) {
  return (
    <div class="live-two">
      {call.business_number_name ? <span>{call.business_number_name}</span> : null}
      <span class={call.business_number_name ? 'faint small-text' : undefined}>
        <Phone number={call.business_number} />
      </span>
    </div>
  )
}

function Status({ call }: { call: Call }) {
  const say = useWords('live')
  const talks = call.status === 'talking'
  return (
    <span class="nowrap">
      <span class={`tag ${talks ? 'accent' : 'warn'}`}>
        {say(call.state === 'in_progress' || talks ? 'status.talking' : 'status.waiting')}
      </span>
    </span>
  )
}

function Join({ call, onJoin }: { call: Call; onJoin: Acts['onJoin'] }) {
  const say = useWords('live')
  if (!call.supervise) return null
  const who = call.employees.map((one) => one.name).join(', ')
  return (
    <button
      type="button"
      class="small"
      onClick={() => onJoin(call)}
      title={say('join.open', { who })}
      data-join={call.id}
    >
      <Headphones size={16} aria-hidden="true" />
      <span class="unseen">{say('join.open', { who })}</span>
    </button>
  )
}

/** Whether the screen is as narrow as a telephone. */
function useNarrow(): boolean {
  const [narrow, set] = useState(() => matchMedia('(max-width: 640px)').matches)
  useEffect(() => {
    const media = matchMedia('(max-width: 640px)')
    const follow = () => set(media.matches)
    media.addEventListener('change', follow)
    return () => media.removeEventListener('change', follow)
  }, [])
  return narrow
}

/** What a card says below its head: nothing that has no value. */
function told(call: Call): ('business_number' | 'wait' | 'talk' | 'scheme')[] {
  return [
    'business_number',
    'wait',
    ...(call.answered_at ? (['talk'] as const) : []),
    ...(call.type !== 'outgoing' && (call.scheme || call.queue) ? (['scheme'] as const) : []),
  ]
}

interface CallsProps extends Acts {
  board: Board
  /** Whether the viewer may join any call at all (features.md R38). */
  joins: boolean
  empty: ComponentChildren
}

export function Calls({ board, joins, empty, onProfile, onJoin }: CallsProps) {
  const say = useWords('live')
  const narrow = useNarrow()
  const rows = ordered(board)
  const names = teamNames(board)
  const cells: Record<string, (call: Call) => ComponentChildren> = {
    type: (call) => <TypeOf type={call.type} />,
    employee: (call) => <Employees call={call} onProfile={onProfile} />,
    department: (call) => departments(call, names).join(', '),
    status: (call) => <Status call={call} />,
    in_status: (call) => <Age from={call.status_since} />,
    customer: (call) => <Customer call={call} />,
    business_number: (call) => <Own call={call} />,
    wait: (call) => <Wait call={call} />,
    talk: (call) => (call.answered_at ? <Age from={call.answered_at} /> : <span class="faint">–</span>),
    scheme: (call) => (
      <div class="live-two">
        <span>{call.type === 'outgoing' ? '' : call.scheme || call.queue}</span>
        {call.scheme && call.queue && call.queue !== call.scheme ? (
          <span class="faint small-text">{call.queue}</span>
        ) : null}
      </div>
    ),
    join: (call) => <Join call={call} onJoin={onJoin} />,
  }
  const cell = (id: string) => cells[id] ?? (() => null)
  if (!rows.length) return <>{empty}</>
  if (narrow) {
    return (
      <ul class="live-cards" aria-label={say('calls')}>
        {rows.map((call) => (
          <li key={call.id} data-call={call.id} data-status={call.status}>
            <div class="spread">
              {cell('type')(call)}
              <span class="row">
                {cell('status')(call)} {cell('in_status')(call)}
              </span>
            </div>
            <div class="spread">
              {cell('customer')(call)}
              {cell('join')(call)}
            </div>
            <div class="spread">
              <span>{cell('employee')(call)}</span>
              <span class="faint small-text">{cell('department')(call)}</span>
            </div>
            <dl>
              {told(call).map((id) => (
                <div key={id}>
                  <dt>{say(`column.${id}`)}</dt>
                  <dd>{cell(id)(call)}</dd>
                </div>
              ))}
            </dl>
          </li>
        ))}
      </ul>
    )
  }
  const column = (
    id:
      | 'type'
      | 'employee'
      | 'department'
      | 'status'
      | 'in_status'
      | 'customer'
      | 'business_number'
      | 'wait'
      | 'talk'
      | 'scheme',
    more: Partial<Column<Call>> = {},
  ): Column<Call> => ({
    id,
    title: say(`column.${id}`),
    cell: cell(id),
    ...more,
  })
  const columns: Column<Call>[] = [
    column('type'),
    column('employee'),
    column('department'),
    column('status'),
    column('in_status', { end: true }),
    column('customer', { names: true }),
    column('business_number'),
    column('wait', { end: true }),
    column('talk', { end: true }),
    column('scheme'),
    ...(joins
      ? [{ id: 'join', title: <span class="unseen">{say('column.join')}</span>, cell: cell('join') }]
      : []),
  ]
  return <Table label={say('calls')} columns={columns} rows={rows} rowKey={(call) => call.id} />
}
