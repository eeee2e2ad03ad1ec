// The quotes and orders themselves, newest first, with their calls.
import { Pencil, PhoneCall } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { useLocation, useSearch } from 'wouter-preact'
import { type GetInit, type Schemas, usePages } from '../../ask'
import type { Filter } from '../../filter/filter'
import { Many } from '../../kit/choices'
import { Card, MetaLine } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Phone } from '../../kit/pieces'
import { Empty, Problem, Skeleton } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useMay } from '../../session'
import { useWords } from '../../words'
import { CallDrawer } from '../interactions/detail'
import { EVERY } from '../overview/widget'
import { type DealState, type Narrowed, queryOf, STATES } from './deals'
import { EditQuote } from './form'

type Line = Schemas['DealLine']
const TONES: Record<DealState, string> = { quoted: 'warn', ordered: 'good', lost: 'bad' }

interface Props {
  filter: Filter
  narrowed: Narrowed
  /** Brands that there are in the period. */
  brands: string[]
}

export function DealsList({ filter, narrowed, brands }: Props) {
  const say = useWords('quotes')
  const kit = useWords('kit')
  const format = useFormat()
  const works = useMay('work_cases')
  const [path, go] = useLocation()
  const search = useSearch()
  const [call, openCall] = useState<string | null>(null)
  const [edited, edit] = useState<string | null>(null)
  const pages = usePages(
    '/v1/deals',
    (cursor) =>
      ({
        params: { query: { ...queryOf(filter, narrowed), limit: 25, ...(cursor ? { cursor } : {}) } },
      }) as GetInit<'/v1/deals'>,
    (page) => page.next,
    { every: EVERY },
  )
  const rows = pages.data?.pages.flatMap((page) => page.rows) ?? []
  const first = pages.data?.pages[0]
  const put = (name: string, values: string[]) => {
    const all = new URLSearchParams(search)
    all.delete(name)
    for (const value of values) all.append(name, value)
    go(`${path}?${all}`)
  }
  const columns: Column<Line>[] = [
    {
      id: 'at',
      title: say('quoted_at'),
      cell: (row) => <span class="nowrap">{format.at(row.quoted_at ?? row.started_at)}</span>,
    },
    {
      id: 'customer',
      title: say('customer'),
      names: true,
      cell: (row) => (
        <>
          {row.customer_name ? <span class="stacked">{row.customer_name}</span> : null}
          <Phone number={row.customer_number} />
        </>
      ),
    },
    { id: 'brand', title: say('by.brand'), cell: (row) => row.brand || <span class="faint">–</span> },
    {
      id: 'amount',
      title: say('amount'),
      end: true,
      cell: (row) => format.money(row.amount, row.currency),
    },
    {
      id: 'state',
      title: say('state'),
      cell: (row) => (
        <span class="tight">
          <span>
            <span class={`tag ${TONES[row.state]}`}>{say(`state.${row.state}`)}</span>
          </span>
          {row.quoted_at ? null : <span class="faint small-text">{say('without_quote')}</span>}
        </span>
      ),
    },
    {
      id: 'time',
      title: say('to_order'),
      end: true,
      cell: (row) => (row.order_s === null ? <span class="faint">–</span> : format.seconds(row.order_s)),
    },
    { id: 'person', title: say('by.user'), cell: (row) => row.user_name || <span class="faint">–</span> },
    {
      id: 'do',
      title: <span class="unseen">{say('actions')}</span>,
      end: true,
      cell: (row) => (
        <span class="deal-do no-print">
          {row.call_id && row.call_started_at ? (
            <button
              type="button"
              class="quiet small"
              title={say('call')}
              onClick={() => openCall(row.call_id)}
            >
              <PhoneCall size={16} aria-hidden="true" />
              <span class="unseen">{say('call')}</span>
            </button>
          ) : null}
          {works && !row.kept_by ? (
            <button type="button" class="quiet small" title={say('edit')} onClick={() => edit(row.id)}>
              <Pencil size={16} aria-hidden="true" />
              <span class="unseen">{say('edit')}</span>
            </button>
          ) : null}
        </span>
      ),
    },
  ]
  return (
    <Card
      title={say('list')}
      about={first ? say('list.count', { count: first.count }) : ' '}
      tools={
        <>
          <Many
            label={say('state')}
            options={STATES.map((one) => ({ id: one, name: say(`state.${one}`) }))}
            chosen={narrowed.deal_states}
            onChange={(chosen) => put('deal_states', chosen)}
          />
          {brands.length || narrowed.brands.length ? (
            <Many
              label={say('by.brand')}
              options={[...new Set([...brands, ...narrowed.brands])].map((one) => ({
                id: one,
                name: one || say('no_brand'),
              }))}
              chosen={narrowed.brands}
              onChange={(chosen) => put('brands', chosen)}
            />
          ) : null}
          {narrowed.quoted === null ? null : (
            <button type="button" class="small" aria-pressed="true" onClick={() => put('quoted', [])}>
              {say(narrowed.quoted ? 'only_quoted' : 'only_direct')} ×
            </button>
          )}
        </>
      }
    >
      {pages.error && !rows.length ? (
        <Problem error={pages.error} retry={() => void pages.refetch()} />
      ) : pages.isPending ? (
        <Skeleton lines={10} />
      ) : (
        <div class="stack">
          <Table
            label={say('list')}
            columns={columns}
            rows={rows}
            rowKey={(row) => row.id}
            onPick={(row) => {
              if (row.call_id && row.call_started_at) openCall(row.call_id)
            }}
            empty={
              <Empty inline title={say('none')}>
                {say('none.why')}
              </Empty>
            }
          />
          <div class="row">
            {pages.hasNextPage ? (
              <button
                type="button"
                disabled={pages.isFetchingNextPage}
                onClick={() => void pages.fetchNextPage()}
              >
                {kit('more')}
              </button>
            ) : null}
            {first ? (
              <span class="chart-note">
                <MetaLine meta={first.meta} />
              </span>
            ) : null}
          </div>
        </div>
      )}
      {call ? <CallDrawer id={call} channel="call" onClose={() => openCall(null)} /> : null}
      {edited ? <EditQuote id={edited} onClose={() => edit(null)} /> : null}
    </Card>
  )
}
