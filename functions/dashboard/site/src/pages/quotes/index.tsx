// Quotes, orders and what calls had to do with them (features.md W29, W30, N28).
import { FileDown, Plus, Printer } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { useSearch } from 'wouter-preact'
import { type Schemas, useAnswer } from '../../ask'
import { FilterBar } from '../../filter/bar'
import { drillTo } from '../../filter/filter'
import { SavedMenu } from '../../filter/saved'
import { useFilter, useParameter } from '../../filter/useFilter'
import { Switch } from '../../kit/choices'
import { MetaLine } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Empty } from '../../kit/states'
import { Table } from '../../kit/table'
import { useMay } from '../../session'
import { Page } from '../../shell'
import { useWords } from '../../words'
import { ExportDialog } from '../exports/dialog'
import { Counted } from '../overview/shares'
import { EVERY, Widget } from '../overview/widget'
import { dealsAt, figureOf, numberOf, queryOf, readNarrowed } from './deals'
import { AddQuote } from './form'
import { DealsList } from './list'
import { DealFigure, Fates } from './widgets'
import './quotes.css'

const BY = [
  'brand',
  'user',
  'team',
  'number',
  'source',
  'campaign',
] as const satisfies readonly Schemas['DealsBy'][]

function Figures({ deals }: { deals: Schemas['Deals'] }) {
  const say = useWords('quotes')
  const format = useFormat()
  const { values, amounts, sales } = deals
  const order = figureOf(values, 'order_s')
  const rate = figureOf(sales, 'sale_rate')
  return (
    <div class="stack">
      <div class="kpis">
        <DealFigure value={figureOf(values, 'quotes')} href={dealsAt(deals.meta.filter, deals.drill)} />
        <DealFigure value={figureOf(values, 'orders')} />
        <DealFigure value={figureOf(values, 'conversion')}>
          {say('of', {
            count: format.count(numberOf(values, 'orders')),
            all: format.count(numberOf(values, 'quotes')),
          })}
        </DealFigure>
        <DealFigure value={figureOf(values, 'open_quotes')} />
        <DealFigure value={figureOf(values, 'lost_quotes')} />
        <DealFigure value={figureOf(values, 'orders_without_quote')} />
        <DealFigure value={order}>
          {order?.median === null || order?.median === undefined
            ? null
            : say('median', { time: format.seconds(order.median) })}
        </DealFigure>
        {amounts.map((one) => (
          <DealFigure key={`q${one.currency}`} value={one.quoted}>
            {say('of_quotes', { count: one.quoted.n ?? 0 })}
          </DealFigure>
        ))}
        {amounts.map((one) => (
          <DealFigure key={`o${one.currency}`} value={one.ordered}>
            {say('of_orders', { count: one.ordered.n ?? 0 })}
          </DealFigure>
        ))}
        <DealFigure
          value={figureOf(sales, 'sales')}
          href={deals.sales_drill ? drillTo(deals.meta.filter, deals.sales_drill) : null}
        />
        <DealFigure
          value={rate}
          href={
            deals.sales_drill && numberOf(sales, 'sales')
              ? drillTo(deals.meta.filter, deals.sales_drill)
              : null
          }
        >
          {rate?.denominator ? say('of_calls', { count: rate.denominator }) : null}
        </DealFigure>
      </div>
      <Fates values={values} />
    </div>
  )
}

export default function QuotesPage() {
  const say = useWords('quotes')
  const kit = useWords('kit')
  const format = useFormat()
  const filtered = useFilter()
  const { filter } = filtered
  const search = useSearch()
  const narrowed = readNarrowed(search)
  const works = useMay('work_cases')
  const exports = useMay('export')
  const [adding, add] = useState(false)
  const [exporting, setExporting] = useState(false)
  const [askedBy, setBy] = useParameter('by', 'brand')
  const by = BY.find((one) => one === askedBy) ?? 'brand'
  const answer = useAnswer('/v1/analytics/deals', { params: { query: { ...filter, by } } }, { every: EVERY })
  const brands = useAnswer(
    '/v1/analytics/deals',
    { params: { query: { ...filter, by: 'brand' } } },
    { every: EVERY },
  )
  const nothing =
    answer.data &&
    !numberOf(answer.data.values, 'quotes') &&
    !numberOf(answer.data.values, 'orders_without_quote') &&
    !filtered.narrowed
  return (
    <Page
      title={say('title')}
      tools={
        <>
          {works ? (
            <button type="button" class="primary" onClick={() => add(true)}>
              <Plus size={16} aria-hidden="true" /> {say('add')}
            </button>
          ) : null}
          <SavedMenu page="quotes" params={queryOf(filter, narrowed)} />
          {exports ? (
            <button type="button" onClick={() => setExporting(true)}>
              <FileDown size={16} aria-hidden="true" /> {kit('export')}
            </button>
          ) : null}
          <button type="button" class="quiet print-button" title={kit('print')} onClick={() => print()}>
            <Printer size={16} aria-hidden="true" />
            <span class="unseen">{kit('print')}</span>
          </button>
        </>
      }
      bar={
        <FilterBar
          filtered={filtered}
          fields={['users', 'teams', 'numbers']}
          more={['sources', 'campaigns', 'queues', 'connections']}
          meta={answer.data?.meta}
        />
      }
    >
      <Widget
        title={say('conversion.title')}
        about={say('conversion.about')}
        query={answer}
        height={230}
        class="deal-figures"
      >
        {(deals) =>
          nothing ? (
            <Empty title={say('empty')}>{say('empty.why')}</Empty>
          ) : (
            <>
              <Figures deals={deals} />
              <p class="chart-note">
                <MetaLine meta={deals.meta} />
              </p>
            </>
          )
        }
      </Widget>
      {nothing ? null : (
        <>
          <Widget
            title={say('by')}
            query={answer}
            height={240}
            tools={
              <Switch
                label={say('by')}
                options={BY.map((id) => ({ id, name: say(`by.${id}`) }))}
                chosen={by}
                onChange={setBy}
              />
            }
          >
            {(deals) => (
              <Table
                label={say('by')}
                rowKey={(row) => row.id}
                rows={deals.rows.filter((row) => row.values.some((one) => Number(one.value ?? 0)))}
                columns={[
                  {
                    id: 'name',
                    title: say(`by.${by}`),
                    names: true,
                    foot: kit('total'),
                    cell: (row) => (row.id ? row.name : say(by === 'brand' ? 'no_brand' : 'nobody')),
                  },
                  {
                    id: 'quotes',
                    title: say('quotes'),
                    end: true,
                    foot: (
                      <Counted
                        count={numberOf(deals.values, 'quotes')}
                        href={dealsAt(deals.meta.filter, deals.drill)}
                      />
                    ),
                    cell: (row) => (
                      <>
                        <Counted
                          count={numberOf(row.values, 'quotes')}
                          href={dealsAt(deals.meta.filter, row.drill)}
                        />
                        {row.share === null ? null : (
                          <>
                            {' '}
                            <span class="faint share">{format.share(row.share)}</span>
                          </>
                        )}
                      </>
                    ),
                  },
                  ...(
                    [
                      ['orders', 'fate.orders'],
                      ['open_quotes', 'fate.open_quotes'],
                      ['lost_quotes', 'fate.lost_quotes'],
                    ] as const
                  ).map(([id, title]) => ({
                    id,
                    title: say(title),
                    end: true,
                    foot: format.count(numberOf(deals.values, id)),
                    cell: (row: Schemas['DealRow']) => format.count(numberOf(row.values, id)),
                  })),
                  {
                    id: 'conversion',
                    title: say('conversion'),
                    end: true,
                    foot: format.share(figureOf(deals.values, 'conversion')?.value),
                    cell: (row) => format.share(figureOf(row.values, 'conversion')?.value),
                  },
                  {
                    id: 'order_s',
                    title: say('to_order'),
                    end: true,
                    foot: format.seconds(figureOf(deals.values, 'order_s')?.value),
                    cell: (row) => format.seconds(figureOf(row.values, 'order_s')?.value),
                  },
                ]}
              />
            )}
          </Widget>
          <DealsList
            filter={filter}
            narrowed={narrowed}
            brands={(brands.data?.rows ?? [])
              .filter((row) => row.id || numberOf(row.values, 'quotes'))
              .map((row) => row.id)}
          />
        </>
      )}
      {adding ? <AddQuote onClose={() => add(false)} /> : null}
      {exporting ? (
        <ExportDialog
          report="deals"
          filter={filter}
          options={{
            deal_states: narrowed.deal_states,
            brands: narrowed.brands,
            ...(narrowed.quoted === null ? {} : { quoted: narrowed.quoted }),
          }}
          onClose={() => setExporting(false)}
        />
      ) : null}
    </Page>
  )
}
