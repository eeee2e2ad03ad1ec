// Invoices of providers beside our charges: imported, read by a mapping, and every line with what was found.
import { FileDown, RefreshCw } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { answered, client, type Schemas, useAnswer, usePages } from '../../ask'
import { useParameter } from '../../filter/useFilter'
import { Card } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Confirm, useToast } from '../../kit/overlay'
import { Fact, Facts, Notice, Phone } from '../../kit/pieces'
import { Answered, Empty, Problem, Skeleton } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useSession } from '../../session'
import { useWords } from '../../words'
import { CallDrawer } from '../interactions/detail'
import { useSaving, Wrong } from '../settings/editing'
import { save } from '../settings/transfer'
import { InvoiceImport } from './import'
import { Amount } from './sums'

export type LineState = Schemas['LineState']
export const STATES: readonly LineState[] = ['matched', 'different', 'missing', 'extra', 'fee']
export const TONES: Record<LineState, string> = {
  matched: 'good',
  different: 'warn',
  missing: 'bad',
  extra: 'bad',
  fee: '',
}

export default function Invoices() {
  const say = useWords('spend')
  const format = useFormat()
  const session = useSession()
  const [open, setOpen] = useParameter('invoice')
  const [importing, setImporting] = useState(false)
  const invoices = useAnswer('/v1/invoices', {})
  if (open) return <Invoice key={open} id={open} onClose={() => setOpen(null)} />
  return (
    <Card
      title={say('tab.invoices')}
      about={say('invoices.why')}
      tools={
        session.may('manage_directory') ? (
          <button type="button" class="primary" onClick={() => setImporting(true)}>
            {say('invoices.import')}
          </button>
        ) : null
      }
    >
      <Answered query={invoices} lines={6}>
        {(found) => (
          <Table
            label={say('tab.invoices')}
            rows={found.invoices}
            rowKey={(row) => row.id}
            onPick={(row) => setOpen(row.id)}
            empty={<Empty title={say('invoices.none')}>{say('invoices.none_why')}</Empty>}
            columns={[
              {
                id: 'name',
                title: say('name'),
                names: true,
                cell: (row) => (
                  <>
                    <button type="button" class="link" onClick={() => setOpen(row.id)}>
                      {row.name}
                    </button>
                    {row.stale ? <div class="warn small-text">{say('stale')}</div> : null}
                  </>
                ),
              },
              { id: 'connection', title: say('connection'), cell: (row) => row.connection },
              {
                id: 'period',
                title: say('period'),
                cell: (row) => `${format.day(row.period_from)} – ${format.day(row.period_to)}`,
              },
              { id: 'lines', title: say('lines'), end: true, cell: (row) => format.count(row.lines) },
              ...STATES.map(
                (state): Column<Schemas['InvoiceEntry']> => ({
                  id: state,
                  title: say(`line.${state}`),
                  end: true,
                  cell: (row) =>
                    row.tally[state] ? (
                      <span class={TONES[state]}>{format.count(row.tally[state])}</span>
                    ) : (
                      <span class="faint">0</span>
                    ),
                }),
              ),
              {
                id: 'at',
                title: say('imported'),
                cell: (row) => (
                  <>
                    <div class="nowrap">{format.at(row.imported_at)}</div>
                    <div class="faint small-text">{row.imported_by}</div>
                  </>
                ),
              },
            ]}
          />
        )}
      </Answered>
      {importing ? (
        <InvoiceImport
          onClose={() => setImporting(false)}
          onDone={(id) => {
            setImporting(false)
            setOpen(id)
          }}
        />
      ) : null}
    </Card>
  )
}

/** What became of the lines; each state is a filter of the entries. */
export function Tally({
  tally,
  chosen,
  onChoose,
}: {
  tally: Schemas['InvoiceTally']
  chosen?: readonly string[]
  onChoose?: (state: LineState) => void
}) {
  const say = useWords('spend')
  const format = useFormat()
  return (
    <div class="row tally" role="group" aria-label={say('invoices.result')}>
      {STATES.map((state) => {
        const text = (
          <>
            <b>{format.count(tally[state])}</b> {say(`line.${state}`)}
          </>
        )
        return onChoose ? (
          <button
            type="button"
            key={state}
            class={tally[state] ? TONES[state] : ''}
            data-tally={state}
            aria-pressed={chosen?.includes(state) ?? false}
            onClick={() => onChoose(state)}
          >
            {text}
          </button>
        ) : (
          <span key={state} class={`tag ${tally[state] ? TONES[state] : ''}`} data-tally={state}>
            {text}
          </span>
        )
      })}
    </div>
  )
}

function Invoice({ id, onClose }: { id: string; onClose: () => void }) {
  const say = useWords('spend')
  const kit = useWords('kit')
  const format = useFormat()
  const session = useSession()
  const tell = useToast()
  const [deleting, setDeleting] = useState(false)
  const [state, setState] = useParameter('lines')
  const invoice = useAnswer('/v1/invoices/{id}', { params: { path: { id } } }, { keep: false })
  const saving = useSaving<unknown>(['/v1/invoices', '/v1/invoices/{id}', '/v1/invoices/{id}/entries'], false)
  const chosen = STATES.find((one) => one === state)
  const again = () =>
    saving.run(
      () => client.POST('/v1/invoices/{id}/reconcile', { params: { path: { id } } }),
      () => tell(say('reconciled')),
    )
  const remove = () => {
    setDeleting(false)
    saving.run(() => client.DELETE('/v1/invoices/{id}', { params: { path: { id } } }), onClose)
  }
  const download = async () => {
    const text = await answered(
      client.GET('/v1/invoices/{id}/export', {
        params: { path: { id }, query: chosen ? { states: [chosen] } : {} },
        parseAs: 'text',
      }),
    ).catch(() => null)
    if (text === null) {
      tell(say('not_loaded'), true)
      return
    }
    save(String(text), `${invoice.data?.name ?? id}.csv`)
  }
  return (
    <div class="stack">
      <div class="spread no-print">
        <button type="button" class="quiet" onClick={onClose}>
          ← {say('invoices.all')}
        </button>
        <div class="row">
          <button type="button" disabled={saving.busy} onClick={again}>
            <RefreshCw size={16} aria-hidden="true" /> {say('reconcile')}
          </button>
          {session.may('export') ? (
            <button type="button" onClick={() => void download()}>
              <FileDown size={16} aria-hidden="true" /> {kit('export')}
            </button>
          ) : null}
          <button type="button" class="danger" onClick={() => setDeleting(true)}>
            {kit('delete')}
          </button>
        </div>
      </div>
      <Wrong error={saving.error} />
      <Answered query={invoice} lines={8}>
        {(found) => (
          <div class="stack" data-invoice={id}>
            <Card title={found.name}>
              <div class="stack">
                {found.stale ? <Notice tone="warn">{say('stale_why')}</Notice> : null}
                {found.offset_s ? (
                  <Notice tone="warn">
                    {say('offset', { time: format.seconds(found.offset_s), zone: found.mapping.zone })}
                  </Notice>
                ) : null}
                <Tally
                  tally={found.tally}
                  chosen={chosen ? [chosen] : []}
                  onChoose={(one) => setState(one === chosen ? null : one)}
                />
                <Facts>
                  <Fact name={say('connection')}>{found.connection}</Fact>
                  <Fact name={say('period')}>
                    {format.day(found.period_from)} – {format.day(found.period_to)}
                  </Fact>
                  <Fact name={say('lines')}>
                    {format.count(found.lines)}
                    {found.left_out ? `, ${say('left_out', { count: found.left_out })}` : ''}
                  </Fact>
                  {found.free || found.unpriced ? (
                    <Fact name={say('not_on_it')}>
                      {say('free_unpriced', {
                        free: format.count(found.free),
                        unpriced: format.count(found.unpriced),
                      })}
                    </Fact>
                  ) : null}
                  <Fact name={say('imported')}>
                    {format.at(found.imported_at)}, {found.imported_by}
                  </Fact>
                  <Fact name={say('compared')}>
                    {format.at(found.reconciled_at)},{' '}
                    {say('with_charges_of', { at: format.at(found.charged_as_of) })}
                  </Fact>
                </Facts>
              </div>
            </Card>
            <Totals totals={found.totals.filter((one) => !chosen || one.state === chosen)} />
            <Entries id={id} state={chosen} />
          </div>
        )}
      </Answered>
      {deleting ? (
        <Confirm
          title={say('invoices.delete')}
          text={say('invoices.delete_why')}
          action={kit('delete')}
          danger
          onConfirm={remove}
          onClose={() => setDeleting(false)}
        />
      ) : null}
    </div>
  )
}

function Totals({ totals }: { totals: readonly Schemas['InvoiceTotal'][] }) {
  const say = useWords('spend')
  const format = useFormat()
  if (!totals.length) return null
  return (
    <Card title={say('totals')} about={say('totals.why')}>
      <Table
        label={say('totals')}
        rows={[...totals]}
        rowKey={(row) => `${row.month} ${row.number} ${row.state} ${row.currency}`}
        columns={[
          {
            id: 'number',
            title: say('by.number'),
            names: true,
            cell: (row) => (row.number ? <Phone number={row.number} copy={false} /> : say('without_number')),
          },
          {
            id: 'month',
            title: say('month'),
            cell: (row) => format.day(row.month, { month: 'short', year: 'numeric' }),
          },
          {
            id: 'state',
            title: say('state'),
            cell: (row) => <span class={`tag ${TONES[row.state]}`}>{say(`line.${row.state}`)}</span>,
          },
          { id: 'entries', title: say('entries'), end: true, cell: (row) => format.count(row.entries) },
          {
            id: 'invoiced',
            title: say('invoiced'),
            end: true,
            cell: (row) => <Amount amount={row.invoiced} currency={row.currency} fine />,
          },
          {
            id: 'charged',
            title: say('charged'),
            end: true,
            cell: (row) => <Amount amount={row.charged} currency={row.currency} fine />,
          },
          {
            id: 'difference',
            title: say('difference'),
            end: true,
            cell: (row) => <Amount amount={row.difference} currency={row.currency} fine />,
          },
          {
            id: 'unknown',
            title: say('not_comparable'),
            end: true,
            cell: (row) => (row.unknown ? format.count(row.unknown) : ''),
          },
        ]}
      />
    </Card>
  )
}

const PAGE = 100

function Entries({ id, state }: { id: string; state?: LineState }) {
  const say = useWords('spend')
  const kit = useWords('kit')
  const [call, setCall] = useState<string | null>(null)
  const pages = usePages(
    '/v1/invoices/{id}/entries',
    (after) => ({
      params: {
        path: { id },
        query: {
          limit: PAGE,
          ...(state ? { states: [state] } : {}),
          ...(after ? { after: Number(after) } : {}),
        },
      },
    }),
    (page) => (page.next ? String(page.next) : null),
  )
  const columns = useEntryColumns(setCall)
  const rows = pages.data?.pages.flatMap((page) => page.entries) ?? []
  return (
    <Card title={say('entries')} about={state ? say(`line.${state}_why`) : say('entries.why')}>
      {pages.data ? (
        <div class="stack">
          <Table
            label={say('entries')}
            columns={columns}
            rows={rows}
            rowKey={(row) => String(row.entry)}
            onPick={(row) => {
              if (row.record_id) setCall(row.record_id)
            }}
          />
          {pages.hasNextPage ? (
            <div class="row centre">
              <button
                type="button"
                disabled={pages.isFetchingNextPage}
                onClick={() => void pages.fetchNextPage()}
              >
                {pages.isFetchingNextPage ? kit('loading') : kit('more')}
              </button>
            </div>
          ) : null}
        </div>
      ) : pages.error ? (
        <Problem error={pages.error} retry={() => void pages.refetch()} />
      ) : (
        <Skeleton lines={8} />
      )}
      {call ? <CallDrawer id={call} onClose={() => setCall(null)} /> : null}
    </Card>
  )
}

const DIFFERS = ['amount', 'duration', 'currency', 'started_at', 'number', 'remote'] as const

function useEntryColumns(open: (id: string) => void): Column<Schemas['LineView']>[] {
  const say = useWords('spend')
  const format = useFormat()
  const part = (code: string): string => {
    const known = DIFFERS.find((one) => one === code)
    return known ? say(`differs.${known}`) : code
  }
  const moment = (iso: string | null) =>
    iso
      ? format.at(iso, {
          day: 'numeric',
          month: 'short',
          hour: '2-digit',
          minute: '2-digit',
          second: '2-digit',
        })
      : '–'
  return [
    {
      id: 'line',
      title: say('line_no'),
      names: true,
      cell: (row) => (row.line === null ? <span class="faint">–</span> : format.count(row.line)),
    },
    {
      id: 'state',
      title: say('state'),
      cell: (row) => (
        <>
          <span class={`tag ${TONES[row.state]}`}>{say(`line.${row.state}`)}</span>
          {row.differs.length ? <div class="small-text warn">{row.differs.map(part).join(', ')}</div> : null}
        </>
      ),
    },
    {
      id: 'start',
      title: say('start'),
      cell: (row) => (
        <>
          <div class="number nowrap">{moment(row.invoiced_at ?? row.charged_at)}</div>
          {row.invoiced_at && row.charged_at && row.invoiced_at !== row.charged_at ? (
            <div class="faint small-text number nowrap">
              {say('ours')}: {moment(row.charged_at)}
            </div>
          ) : null}
        </>
      ),
    },
    {
      id: 'numbers',
      title: say('numbers'),
      cell: (row) => (
        <>
          <div>{row.number ? <Phone number={row.number} copy={false} /> : row.line_text}</div>
          {row.remote ? (
            <div class="faint small-text">
              → <Phone number={row.remote} copy={false} />
            </div>
          ) : null}
        </>
      ),
    },
    {
      id: 'seconds',
      title: say('column.talk'),
      end: true,
      cell: (row) => (
        <>
          <div>{format.seconds(row.invoiced_s ?? row.charged_s)}</div>
          {row.invoiced_s !== null && row.charged_s !== null && row.invoiced_s !== row.charged_s ? (
            <div class="faint small-text">
              {say('ours')}: {format.seconds(row.charged_s)}
            </div>
          ) : null}
        </>
      ),
    },
    {
      id: 'invoiced',
      title: say('invoiced'),
      end: true,
      cell: (row) => <Amount amount={row.invoiced_amount} currency={row.invoiced_currency} fine />,
    },
    {
      id: 'charged',
      title: say('charged'),
      end: true,
      cell: (row) => <Amount amount={row.charged_amount} currency={row.charged_currency} fine />,
    },
    {
      id: 'difference',
      title: say('difference'),
      end: true,
      cell: (row) => (
        <Amount amount={row.difference} currency={row.invoiced_currency || row.charged_currency} fine />
      ),
    },
    {
      id: 'call',
      title: <span class="unseen">{say('open_call')}</span>,
      end: true,
      cell: (row) =>
        row.record_id ? (
          <button type="button" class="small" onClick={() => open(row.record_id)}>
            {say('open_call')}
          </button>
        ) : null,
    },
  ]
}
