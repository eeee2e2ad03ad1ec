// Months that finance closed: what was frozen, and whether the tables still say the same.
import { LockKeyhole, ShieldCheck, TriangleAlert } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { client, type Schemas, useAnswer } from '../../ask'
import { useParameter } from '../../filter/useFilter'
import { Card } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Select, Text } from '../../kit/inputs'
import { Dialog, Drawer } from '../../kit/overlay'
import { CopyButton, Fact, Facts, Notice } from '../../kit/pieces'
import { Answered, Empty } from '../../kit/states'
import { Table } from '../../kit/table'
import { useSession } from '../../session'
import { useWords } from '../../words'
import { CallDrawer } from '../interactions/detail'
import { useSaving, Wrong } from '../settings/editing'
import { monthsOver } from './months'
import { Amount } from './sums'

export default function Closings() {
  const say = useWords('spend')
  const format = useFormat()
  const [open, setOpen] = useParameter('month')
  const [closing, setClosing] = useState<string | null>(null)
  const closings = useAnswer('/v1/closings', {})
  return (
    <Card
      title={say('tab.closings')}
      about={say('closings.why')}
      tools={
        <button type="button" class="primary" onClick={() => setClosing('')}>
          <LockKeyhole size={16} aria-hidden="true" /> {say('closings.close')}
        </button>
      }
    >
      <Answered query={closings} lines={6}>
        {(found) => (
          <Table
            label={say('tab.closings')}
            rows={found.closings}
            rowKey={(row) => `${row.month} ${row.version}`}
            onPick={(row) => setOpen(`${row.month}.${row.version}`)}
            rowClass={(row) => (row.latest ? undefined : 'gone')}
            empty={<Empty title={say('closings.none')}>{say('closings.none_why')}</Empty>}
            columns={[
              {
                id: 'month',
                title: say('month'),
                names: true,
                cell: (row) => (
                  <button type="button" class="link" onClick={() => setOpen(`${row.month}.${row.version}`)}>
                    {format.day(`${row.month}-01`, { month: 'long', year: 'numeric' })}
                  </button>
                ),
              },
              {
                id: 'version',
                title: say('closings.which'),
                cell: (row) =>
                  say(row.latest ? 'closings.latest' : 'closings.earlier', { version: row.version }),
              },
              { id: 'at', title: say('closings.at'), cell: (row) => format.at(row.closed_at) },
              { id: 'by', title: say('by_whom'), cell: (row) => row.closed_by },
              { id: 'reason', title: say('reason'), cell: (row) => row.reason },
              {
                id: 'hash',
                title: say('digest'),
                cell: (row) => (
                  <span class="nowrap">
                    <code class="small-text">{row.sha256.slice(0, 12)}…</code>
                    <CopyButton text={row.sha256} what={say('digest')} />
                  </span>
                ),
              },
            ]}
          />
        )}
      </Answered>
      {open ? (
        <View
          key={open}
          id={open}
          onClose={() => setOpen(null)}
          onAgain={(month) => {
            setOpen(null)
            setClosing(month)
          }}
        />
      ) : null}
      {closing !== null ? (
        <Close
          month={closing}
          closed={(closings.data?.closings ?? []).map((one) => one.month)}
          onClose={() => setClosing(null)}
          onDone={(view) => {
            setClosing(null)
            setOpen(`${view.month}.${view.version}`)
          }}
        />
      ) : null}
    </Card>
  )
}

function Close({
  month: first,
  closed,
  onClose,
  onDone,
}: {
  month: string
  closed: readonly string[]
  onClose: () => void
  onDone: (view: Schemas['ClosingView']) => void
}) {
  const say = useWords('spend')
  const kit = useWords('kit')
  const format = useFormat()
  const session = useSession()
  const months = monthsOver(new Date(), session.me.workspace.zone, 24)
  const [month, setMonth] = useState(first || months.find((one) => !closed.includes(one)) || months[0] || '')
  const [reason, setReason] = useState('')
  const saving = useSaving<Schemas['ClosingView']>(['/v1/closings', '/v1/closings/{month}'])
  const again = closed.includes(month)
  const close = () =>
    saving.run(
      () =>
        client.POST('/v1/closings/{month}', {
          params: { path: { month } },
          body: { reason: reason.trim(), again },
        }),
      onDone,
    )
  return (
    <Dialog
      title={say('closings.close')}
      onClose={onClose}
      foot={
        <>
          <button type="button" onClick={onClose}>
            {kit('cancel')}
          </button>
          <button
            type="button"
            class="primary"
            disabled={saving.busy || !month || (again && !reason.trim())}
            onClick={close}
          >
            {saving.busy ? kit('loading') : say(again ? 'closings.do_again' : 'closings.do')}
          </button>
        </>
      }
    >
      <div class="form">
        <Wrong error={saving.error} />
        <Select
          label={say('month')}
          value={month}
          options={months.map((id) => ({
            id,
            name: `${format.day(`${id}-01`, { month: 'long', year: 'numeric' })}${
              closed.includes(id) ? ` (${say('closings.closed')})` : ''
            }`,
          }))}
          onChange={setMonth}
        />
        <Notice tone={again ? 'warn' : ''}>
          <div class="tight">
            <b>{say('closings.means')}</b>
            <ul class="means">
              <li>{say('closings.means_frozen')}</li>
              <li>{say('closings.means_digest')}</li>
              <li>{say('closings.means_later')}</li>
              <li>{say('closings.means_kept')}</li>
            </ul>
            {again ? <span>{say('closings.again_why')}</span> : null}
          </div>
        </Notice>
        <Text label={say('reason')} value={reason} maxLength={120} required={again} onChange={setReason} />
      </div>
    </Dialog>
  )
}

function View({
  id,
  onClose,
  onAgain,
}: {
  id: string
  onClose: () => void
  onAgain: (month: string) => void
}) {
  const say = useWords('spend')
  const format = useFormat()
  const [month = '', version] = id.split('.')
  const [call, setCall] = useState<string | null>(null)
  const view = useAnswer(
    '/v1/closings/{month}',
    { params: { path: { month }, query: version ? { version: Number(version) } : {} } },
    { keep: false },
  )
  const title = format.day(`${month}-01`, { month: 'long', year: 'numeric' })
  return (
    <Drawer
      title={title}
      onClose={onClose}
      foot={
        <>
          <button type="button" onClick={() => void view.refetch()} disabled={view.isFetching}>
            {say('verify')}
          </button>
          <button type="button" onClick={() => onAgain(month)}>
            {say('closings.again')}
          </button>
        </>
      }
    >
      <Answered query={view} lines={8}>
        {(found) => (
          <div class="stack" data-closing={month} data-drifted={found.drifted}>
            {found.drifted ? (
              <Notice tone="warn">
                <TriangleAlert size={18} aria-hidden="true" />
                <span>{say('closings.drifted', { count: found.charges_drifted })}</span>
              </Notice>
            ) : (
              <Notice tone="good">
                <ShieldCheck size={18} aria-hidden="true" />
                <span>{say('closings.same')}</span>
              </Notice>
            )}
            {found.intact ? null : <Notice tone="bad">{say('closings.broken')}</Notice>}
            <Facts>
              <Fact name={say('closings.at')}>
                {format.exactly(found.closed_at)}, {found.closed_by}
              </Fact>
              {found.reason ? <Fact name={say('reason')}>{found.reason}</Fact> : null}
              <Fact name={say('closings.data_of')}>{format.exactly(found.lake_as_of)}</Fact>
              <Fact name={say('closings.checked')}>{format.exactly(found.checked_at)}</Fact>
              <Fact name={say('digest')}>
                <code class="small-text digest">{found.sha256}</code>
                <CopyButton text={found.sha256} what={say('digest')} />
              </Fact>
              <Fact name={say('digest_now')}>
                <code class={`small-text digest ${found.drifted ? 'warn' : 'good'}`}>{found.sha256_now}</code>
              </Fact>
            </Facts>
            <h3>{say('closings.sums')}</h3>
            <Table
              label={say('closings.sums')}
              rows={found.sums}
              rowKey={(row) => `${row.table} ${row.currency}`}
              rowClass={(row) =>
                row.amount !== row.amount_now || row.rows !== row.rows_now ? 'drifted' : undefined
              }
              columns={[
                {
                  id: 'table',
                  title: say('table'),
                  names: true,
                  cell: (row) => `${tableName(say, row.table)} ${row.currency}`,
                },
                { id: 'rows', title: say('closings.rows'), end: true, cell: (row) => format.count(row.rows) },
                { id: 'rows_now', title: say('now'), end: true, cell: (row) => format.count(row.rows_now) },
                {
                  id: 'amount',
                  title: say('amount'),
                  end: true,
                  cell: (row) =>
                    row.currency ? <Amount amount={row.amount} currency={row.currency} fine /> : '',
                },
                {
                  id: 'amount_now',
                  title: say('now'),
                  end: true,
                  cell: (row) =>
                    row.currency ? <Amount amount={row.amount_now} currency={row.currency} fine /> : '',
                },
              ]}
            />
            {found.charges.length ? (
              <>
                <h3>{say('closings.charges')}</h3>
                <Table
                  label={say('closings.charges')}
                  rows={found.charges}
                  rowKey={(row) => `${row.record_id} ${row.unit}`}
                  onPick={(row) => setCall(row.record_id)}
                  columns={[
                    {
                      id: 'day',
                      title: say('day'),
                      names: true,
                      cell: (row) => (
                        <button type="button" class="link nowrap" onClick={() => setCall(row.record_id)}>
                          {format.day(row.day)}
                        </button>
                      ),
                    },
                    {
                      id: 'was',
                      title: say('closings.was'),
                      end: true,
                      cell: (row) => <Amount amount={row.amount} currency={row.currency} fine />,
                    },
                    {
                      id: 'now',
                      title: say('now'),
                      end: true,
                      cell: (row) => <Amount amount={row.amount_now} currency={row.currency_now} fine />,
                    },
                    { id: 'changed', title: say('changed'), cell: (row) => row.changed.join(', ') },
                  ]}
                />
                {found.charges.length < found.charges_drifted ? (
                  <p class="faint small-text">
                    {say('listed', {
                      shown: format.count(found.charges.length),
                      count: format.count(found.charges_drifted),
                    })}
                  </p>
                ) : null}
              </>
            ) : null}
            {found.drift.length ? (
              <>
                <h3>{say('closings.days')}</h3>
                <Table
                  label={say('closings.days')}
                  rows={found.drift}
                  rowKey={(row) => `${row.table} ${row.day}`}
                  columns={[
                    { id: 'day', title: say('day'), names: true, cell: (row) => format.day(row.day) },
                    { id: 'table', title: say('table'), cell: (row) => tableName(say, row.table) },
                    {
                      id: 'rows',
                      title: say('closings.rows'),
                      end: true,
                      cell: (row) => `${format.count(row.rows)} → ${format.count(row.rows_now)}`,
                    },
                    {
                      id: 'was',
                      title: say('closings.was'),
                      end: true,
                      cell: (row) => <Sums sums={row.sums} />,
                    },
                    { id: 'now', title: say('now'), end: true, cell: (row) => <Sums sums={row.sums_now} /> },
                  ]}
                />
              </>
            ) : null}
          </div>
        )}
      </Answered>
      {call ? <CallDrawer id={call} onClose={() => setCall(null)} /> : null}
    </Drawer>
  )
}

const TABLES = ['charges', 'calls', 'messages'] as const

function tableName(say: ReturnType<typeof useWords<'spend'>>, table: string): string {
  const known = TABLES.find((one) => one === table)
  return known ? say(`table.${known}`) : table
}

function Sums({ sums }: { sums: readonly Schemas['CurrencySum'][] }) {
  return (
    <>
      {sums
        .filter((one) => one.currency)
        .map((one) => (
          <div key={one.currency}>
            <Amount amount={one.amount} currency={one.currency} fine />
          </div>
        ))}
    </>
  )
}
