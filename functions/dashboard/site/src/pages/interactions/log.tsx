// Calls and messages, newest first: where every number of the dashboard leads (demands.md D80; features.md N22, W12,
// W36). Whatever filter stands in the address is shown in words and counted.
import { FileDown, FileText, History, Mic, Search, Timer, Voicemail } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { type Schemas, usePages } from '../../ask'
import { type BarField, FilterBar } from '../../filter/bar'
import { type Drill, drillTo, type Filter } from '../../filter/filter'
import { SavedMenu } from '../../filter/saved'
import { useFilter, useParameter } from '../../filter/useFilter'
import { MetaLine } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Text } from '../../kit/inputs'
import { Menu } from '../../kit/overlay'
import { Phone, Way } from '../../kit/pieces'
import { Empty, Problem, Skeleton } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useSession } from '../../session'
import { Page } from '../../shell'
import { useTerms, useWords } from '../../words'
import { ExportDialog } from '../exports/dialog'
import { FilterChips } from './chips'
import { CallDrawer, State } from './detail'
import './list.css'
import './log.css'

type Row = Schemas['Row']

// features.md W12: the latest fifty.
const PAGE = 50
const COLUMNS = [
  'record_id',
  'channel',
  'type',
  'direction',
  'status_code',
  'outcome',
  'remote_name',
  'remote_number',
  'business_number',
  'business_number_name',
  'user_id',
  'user_name',
  'unattributed',
  'team',
  'started_at_utc',
  'wait_s',
  'talk_s',
  'missed_reason',
  'recordings',
  'transcript',
  'voicemail_s',
  'labels',
  'tags',
  'recovered_flag',
  'queue',
]

const SHOWN: BarField[] = ['users', 'teams', 'numbers', 'channels', 'directions', 'outcomes']
const FURTHER: BarField[] = [
  'queues',
  'campaigns',
  'sources',
  'connections',
  'tags',
  'labels',
  'reasons',
  'hours',
  'include_internal',
]

/** Pages of the list under a filter, and how many rows it has altogether. */
export function useList(filter: Filter, columns: readonly string[], enabled = true) {
  const list = usePages(
    '/v1/interactions',
    (cursor) => ({
      params: {
        query: { ...filter, columns: [...columns], limit: PAGE, ...(cursor ? { cursor } : { count: true }) },
      },
    }),
    (page) => page.next,
    { enabled },
  )
  const pages = list.data?.pages ?? []
  return {
    list,
    rows: pages.flatMap((page) => page.rows),
    count: pages[0]?.count ?? null,
    meta: pages[0]?.meta,
  }
}

/** Asks for the next page when its end comes into sight; a button for who comes by keyboard. */
export function More({
  list,
  shown,
  count,
}: {
  list: ReturnType<typeof useList>['list']
  shown: number
  count: number | null
}) {
  const say = useWords('interactions')
  const kit = useWords('kit')
  const format = useFormat()
  const end = useRef<HTMLDivElement>(null)
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list
  useEffect(() => {
    const place = end.current
    if (!place || !hasNextPage) return
    const watcher = new IntersectionObserver(
      ([seen]) => {
        if (seen?.isIntersecting && !isFetchingNextPage) void fetchNextPage()
      },
      { rootMargin: '400px' },
    )
    watcher.observe(place)
    return () => watcher.disconnect()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  return (
    <div class="more-rows no-print" ref={end}>
      <span class="faint">{say('shown', { shown: format.count(shown), count: format.count(count) })}</span>
      {hasNextPage ? (
        <button type="button" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {isFetchingNextPage ? kit('loading') : kit('more')}
        </button>
      ) : null}
    </div>
  )
}

export default function Log() {
  const say = useWords('interactions')
  const format = useFormat()
  const session = useSession()
  const filtered = useFilter()
  const { filter, set } = filtered
  const [open, setOpen] = useParameter('open')
  const [exporting, setExporting] = useState(false)
  const costs = session.may('see_costs')
  const { list, rows, count, meta } = useList(
    filter,
    costs ? [...COLUMNS, 'cost_amount', 'cost_currency'] : COLUMNS,
  )
  const columns = useColumns(costs, setOpen)
  const mine = drillTo({ preset: 'last_3_months' }, { users: [session.me.user.id] })
  return (
    <Page
      title={say('title')}
      tools={
        <>
          <Link class="button" href={mine}>
            <History size={16} aria-hidden="true" /> {say('mine')}
          </Link>
          <SavedMenu page="interactions" params={filter} />
          {session.may('export') ? (
            <button type="button" onClick={() => setExporting(true)}>
              <FileDown size={16} aria-hidden="true" /> {say('export')}
            </button>
          ) : null}
        </>
      }
      bar={
        <div class="stack bars">
          <FilterBar filtered={filtered} fields={SHOWN} more={FURTHER} meta={meta} />
          <Quick key={`${filter.remote}`} filter={filter} set={set} />
          <FilterChips filter={filter} set={set} />
        </div>
      }
    >
      <section class="card log">
        <header>
          <p class="counted" aria-live="polite">
            <b data-count={count ?? ''}>
              {count === null ? say('counting') : say('count', { count, shown: format.count(count) })}
            </b>
            {meta ? <MetaLine meta={meta} /> : null}
          </p>
        </header>
        <Rows list={list} set={set}>
          <Table
            label={say('title')}
            columns={columns}
            rows={rows}
            rowKey={(row) => `${row.channel} ${row.record_id}`}
            onPick={(row) => setOpen(keyOf(row))}
            empty={<Empty title={say('nothing')}>{say('nothing_why')}</Empty>}
          />
          <More list={list} shown={rows.length} count={count} />
        </Rows>
      </section>
      {open ? <Opened open={open} onClose={() => setOpen(null)} /> : null}
      {exporting ? (
        <ExportDialog
          report="interactions"
          filter={filter}
          rows={count}
          onClose={() => setExporting(false)}
        />
      ) : null}
    </Page>
  )
}

/** A call and a message of one connection may have the same id: the address says which is meant. */
export const keyOf = (row: Row): string =>
  `${row.channel === 'message' ? 'message' : 'call'}.${row.record_id}`

export function Opened({ open, onClose }: { open: string; onClose: () => void }) {
  const [, channel, id] = /^(call|message)\.(.+)$/s.exec(open) ?? []
  if (!id) return null
  return <CallDrawer key={open} id={id} channel={channel as 'call' | 'message'} onClose={onClose} />
}

/** The rows, or why there are none. A list has at most three months: who comes from a longer period may cut it. */
export function Rows({
  list,
  set,
  children,
}: {
  list: ReturnType<typeof useList>['list']
  set: (patch: Drill) => void
  children: ComponentChildren
}) {
  const say = useWords('interactions')
  if (list.data) return <>{children}</>
  if (!list.error) return <Skeleton lines={10} />
  const long =
    list.error.status === 400 && list.error.errors.some((one) => ['preset', 'from', 'to'].includes(one.field))
  return (
    <>
      <Problem error={list.error} retry={() => void list.refetch()} />
      {long ? (
        <p class="row centred">
          <button
            type="button"
            class="primary"
            onClick={() => set({ preset: 'last_3_months', from: null, to: null })}
          >
            {say('cut')}
          </button>
        </p>
      ) : null}
    </>
  )
}

const DIGITS = 4

function Quick({ filter, set }: { filter: Filter; set: (patch: Drill) => void }) {
  const say = useWords('interactions')
  const words = useWords('filter')
  const [number, setNumber] = useState(filter.remote ?? '')
  const few = number.trim() !== '' && number.replace(/\D/g, '').length < DIGITS
  const flag = (name: 'only_missed' | 'only_unrecovered') => (
    <button
      type="button"
      aria-pressed={filter[name] ?? false}
      onClick={() => set({ [name]: filter[name] ? null : true })}
    >
      {words(name)}
    </button>
  )
  return (
    <div class="row quick no-print">
      <form
        class="row"
        role="search"
        aria-label={say('search_number')}
        onSubmit={(event) => {
          event.preventDefault()
          if (!few) set({ remote: number.trim() || null })
        }}
      >
        <input
          type="search"
          inputMode="tel"
          placeholder={say('search_number')}
          aria-label={say('search_number')}
          aria-invalid={few}
          value={number}
          onInput={(event) => setNumber(event.currentTarget.value)}
        />
        <button type="submit" disabled={few}>
          <Search size={16} aria-hidden="true" />
          <span class="unseen">{say('search')}</span>
        </button>
        {few ? <span class="faint small-text">{say('few_digits', { count: DIGITS })}</span> : null}
      </form>
      {flag('only_missed')}
      {flag('only_unrecovered')}
      <Menu
        button={
          <>
            <Timer size={16} aria-hidden="true" /> {say('durations')}
          </>
        }
      >
        {(close) => <Durations filter={filter} set={set} close={close} />}
      </Menu>
    </div>
  )
}

const RANGES = [
  ['wait', 'wait_min_s', 'wait_max_s'],
  ['duration', 'duration_min_s', 'duration_max_s'],
] as const

function Durations({
  filter,
  set,
  close,
}: {
  filter: Filter
  set: (patch: Drill) => void
  close: () => void
}) {
  const say = useWords('interactions')
  const [typed, setTyped] = useState<Record<string, string>>(
    Object.fromEntries(
      RANGES.flatMap(([, ...fields]) => fields.map((field) => [field, String(filter[field] ?? '')])),
    ),
  )
  const amount = (field: string): number | null => (typed[field]?.trim() ? Number(typed[field]) : null)
  const wrong = RANGES.some(([, low, high]) => {
    const [least, most] = [amount(low), amount(high)]
    return least !== null && most !== null && most < least
  })
  return (
    <form
      class="tight durations"
      onSubmit={(event) => {
        event.preventDefault()
        if (wrong) return
        set(
          Object.fromEntries(
            RANGES.flatMap(([, ...fields]) => fields.map((field) => [field, amount(field)])),
          ),
        )
        close()
      }}
    >
      {RANGES.map(([name, low, high]) => (
        <fieldset key={name}>
          <legend>{say(`field.${name}`)}</legend>
          <div class="row">
            {([low, high] as const).map((field) => (
              <Text
                key={field}
                label={say(field === low ? 'least' : 'most')}
                type="number"
                min="0"
                step="1"
                value={typed[field] ?? ''}
                onChange={(value) => setTyped({ ...typed, [field]: value })}
              />
            ))}
          </div>
        </fieldset>
      ))}
      {wrong ? <p class="bad small-text">{say('wrong_range')}</p> : null}
      <button type="submit" class="primary" disabled={wrong}>
        {say('apply')}
      </button>
    </form>
  )
}

function useColumns(costs: boolean, open: (key: string) => void): Column<Row>[] {
  const say = useWords('interactions')
  const term = useTerms()
  const format = useFormat()
  const lasted = (seconds: number | null | undefined) =>
    seconds === null || seconds === undefined ? '' : format.seconds(seconds)
  const columns: Column<Row>[] = [
    {
      id: 'way',
      title: <span class="unseen">{say('column.way')}</span>,
      cell: (row) => <Way channel={row.channel ?? ''} direction={row.direction ?? ''} />,
    },
    {
      id: 'when',
      title: say('column.when'),
      names: true,
      cell: (row) => (
        <button type="button" class="link when number" onClick={() => open(keyOf(row))}>
          {format.at(row.started_at_utc, {
            day: 'numeric',
            month: 'short',
            hour: '2-digit',
            minute: '2-digit',
            second: '2-digit',
          })}
        </button>
      ),
    },
    {
      id: 'customer',
      title: say('column.customer'),
      cell: (row) => (
        <>
          {row.remote_name ? <div>{row.remote_name}</div> : null}
          <Phone number={row.remote_number ?? ''} />
        </>
      ),
    },
    {
      id: 'state',
      title: say('column.state'),
      cell: (row) => (
        <>
          <State row={row} />
          {row.missed_reason ? (
            <div class="why faint small-text">{term(`reason.${row.missed_reason}`)}</div>
          ) : null}
        </>
      ),
    },
    {
      id: 'person',
      title: say('column.person'),
      cell: (row) => (
        <>
          <div class="why">
            {row.user_name || (
              <span class="faint">{row.unattributed ? term(`unattributed.${row.unattributed}`) : '–'}</span>
            )}
          </div>
          {row.team ? <div class="faint small-text">{row.team}</div> : null}
        </>
      ),
    },
    {
      id: 'number',
      title: say('column.number'),
      cell: (row) => row.business_number_name || <Phone number={row.business_number ?? ''} copy={false} />,
    },
    { id: 'wait', title: say('column.wait'), end: true, cell: (row) => lasted(row.wait_s) },
    { id: 'talk', title: say('column.talk'), end: true, cell: (row) => lasted(row.talk_s) },
    { id: 'labels', title: say('column.labels'), cell: (row) => <Labels row={row} /> },
  ]
  if (costs)
    columns.push({
      id: 'cost',
      title: say('column.cost'),
      end: true,
      cell: (row) => (row.cost_amount ? format.money(row.cost_amount, row.cost_currency, 4) : ''),
    })
  return columns
}

function Labels({ row }: { row: Row }) {
  const say = useWords('interactions')
  const term = useTerms()
  const icon = (name: string, Icon: typeof Mic) => (
    <span title={name}>
      <Icon size={15} aria-hidden="true" />
      <span class="unseen">{name}</span>
    </span>
  )
  return (
    <span class="row labels">
      {row.recordings ? icon(say('has_recording'), Mic) : null}
      {row.voicemail_s ? icon(say('voicemail'), Voicemail) : null}
      {row.transcript ? icon(say('has_transcript'), FileText) : null}
      {row.recovered_flag === false ? <span class="tag bad">{say('unrecovered')}</span> : null}
      {row.recovered_flag === true ? <span class="tag good">{say('recovered')}</span> : null}
      {(row.labels ?? []).map((label) => (
        <span key={label} class={label === 'spam' ? 'tag bad' : 'tag'}>
          {term(`label.${label}`)}
        </span>
      ))}
      {(row.tags ?? []).map((tag) => (
        <span key={tag} class="tag accent">
          {tag}
        </span>
      ))}
    </span>
  )
}
