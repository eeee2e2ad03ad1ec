// Missed calls alone: the list of calls and messages with nothing but misses, or only those that nobody followed up
// (features.md N22, W36).

import { Link } from 'wouter-preact'
import type { Schemas } from '../../ask'
import { FilterBar } from '../../filter/bar'
import { drillTo } from '../../filter/filter'
import { useFilter, useParameter } from '../../filter/useFilter'
import { Switch } from '../../kit/choices'
import { MetaLine } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Phone, Tag } from '../../kit/pieces'
import { Empty } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useTerms, useWords } from '../../words'
import { keyOf, More, Opened, Rows, useList } from '../interactions/log'

type Row = Schemas['Row']

const COLUMNS = [
  'record_id',
  'channel',
  'started_at_utc',
  'remote_name',
  'remote_number',
  'business_number',
  'business_number_name',
  'user_name',
  'team',
  'queue',
  'wait_s',
  'missed_reason',
  'recovered_flag',
  'recovery_state',
]

const USUAL = { preset: 'last_4_weeks' } as const

export default function MissedCalls() {
  const say = useWords('missed')
  const filtered = useFilter(USUAL)
  const [open, setOpen] = useParameter('open')
  const unrecovered = filtered.filter.only_unrecovered ?? false
  const asked = unrecovered
    ? { ...filtered.filter, channels: ['call'] as ['call'], only_unrecovered: true }
    : { ...filtered.filter, only_missed: true }
  const { list, rows, count, meta } = useList(asked, COLUMNS)
  const format = useFormat()
  const columns = useColumns(setOpen)
  return (
    <div class="stack">
      <FilterBar
        filtered={filtered}
        fields={['teams', 'users', 'numbers']}
        more={['reasons', 'queues', 'campaigns', 'sources', 'hours']}
        meta={meta}
      />
      <section class="card missed-calls">
        <header>
          <p class="counted" aria-live="polite">
            <b data-count={count ?? ''}>
              {count === null ? '' : say('calls_count', { count, shown: format.count(count) })}
            </b>
            {meta ? <MetaLine meta={meta} /> : null}
          </p>
          <div class="row no-print">
            <Switch
              label={say('which')}
              options={[
                { id: 'missed', name: say('which.missed') },
                { id: 'unrecovered', name: say('which.unrecovered') },
              ]}
              chosen={unrecovered ? 'unrecovered' : 'missed'}
              onChange={(next) => filtered.set({ only_unrecovered: next === 'unrecovered' || null })}
            />
            <Link class="button" href={drillTo(asked)}>
              {say('in_log')}
            </Link>
          </div>
        </header>
        <p class="faint small-text">{say(unrecovered ? 'which.unrecovered_why' : 'which.missed_why')}</p>
        <Rows list={list} set={filtered.set}>
          <Table
            label={say('tab.calls')}
            columns={columns}
            rows={rows}
            rowKey={(row) => `${row.channel} ${row.record_id}`}
            onPick={(row) => setOpen(keyOf(row))}
            empty={<Empty title={say('no_calls')} />}
          />
          <More list={list} shown={rows.length} count={count} />
        </Rows>
      </section>
      {open ? <Opened open={open} onClose={() => setOpen(null)} /> : null}
    </div>
  )
}

function useColumns(open: (key: string) => void): Column<Row>[] {
  const say = useWords('missed')
  const term = useTerms()
  const format = useFormat()
  return [
    {
      id: 'when',
      title: say('column.when'),
      names: true,
      cell: (row) => (
        <button type="button" class="link nowrap number" onClick={() => open(keyOf(row))}>
          {format.at(row.started_at_utc)}
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
      id: 'reason',
      title: say('column.reason'),
      cell: (row) => (row.missed_reason ? term(`reason.${row.missed_reason}`) : <span class="faint">–</span>),
    },
    {
      id: 'number',
      title: say('column.number'),
      cell: (row) => (
        <>
          <div>{row.business_number_name || <Phone number={row.business_number ?? ''} copy={false} />}</div>
          {row.team || row.queue ? (
            <div class="faint small-text">{[row.team, row.queue].filter(Boolean).join(' · ')}</div>
          ) : null}
        </>
      ),
    },
    {
      id: 'person',
      title: say('column.person'),
      cell: (row) => row.user_name || <span class="faint">–</span>,
    },
    { id: 'wait', title: say('column.wait'), end: true, cell: (row) => format.seconds(row.wait_s) },
    {
      id: 'state',
      title: say('column.followed'),
      cell: (row) =>
        row.recovery_state ? (
          <Tag group="recovery_state" code={row.recovery_state} />
        ) : (
          <span class="faint">–</span>
        ),
    },
  ]
}
