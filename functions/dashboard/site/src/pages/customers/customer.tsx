// One customer: how they like to be in touch, what is open, and what there was (features.md O49, N18).
import { ArrowLeft } from 'lucide-preact'
import { useMemo, useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { type Schemas, useAnswer } from '../../ask'
import { FilterBar } from '../../filter/bar'
import { drillTo, type Filter } from '../../filter/filter'
import { useFilter } from '../../filter/useFilter'
import { Chart } from '../../kit/chart'
import { Card, MetaLine, MetricName } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Fact, Facts, Phone, Tag, usePhone, Way } from '../../kit/pieces'
import { Answered } from '../../kit/states'
import { Table } from '../../kit/table'
import { Page } from '../../shell'
import { useTerms, useWords } from '../../words'
import { CallDrawer } from '../interactions/detail'
import { Measure } from './measure'
import './customers.css'

type Customer = Schemas['Customer']
const clock = (hour: number): string => `${String(hour).padStart(2, '0')}:00`
// As long as a list may be, so that every number leads to its rows.
const USUAL: Filter = { preset: 'last_3_months' }

export function OneCustomer({ id }: { id: string }) {
  const say = useWords('customers')
  const filtered = useFilter(USUAL)
  const customer = useAnswer(
    '/v1/customers/{id}',
    { params: { path: { id }, query: filtered.filter } },
    { every: 5 * 60_000 },
  )
  const found = customer.data
  const number = usePhone(found?.numbers[0] ?? '')
  return (
    <Page
      title={found?.name || number || say('one')}
      tools={
        <Link class="button" href="/app/customers">
          <ArrowLeft size={16} aria-hidden="true" /> {say('all')}
        </Link>
      }
      bar={
        <FilterBar
          filtered={filtered}
          fields={['users', 'numbers', 'channels', 'directions']}
          meta={found?.meta}
        />
      }
    >
      <Answered query={customer} lines={10}>
        {(answer) => <Shown customer={answer} />}
      </Answered>
    </Page>
  )
}

function Shown({ customer }: { customer: Customer }) {
  const say = useWords('customers')
  const format = useFormat()
  const [open, setOpen] = useState<{ id: string; channel: 'call' | 'message' } | null>(null)
  const call = (id: string) => setOpen({ id, channel: 'call' })
  return (
    <div class="stack">
      <div class="grid">
        <Card title={say('who')}>
          <Facts>
            {customer.name ? <Fact name={say('name')}>{customer.name}</Fact> : null}
            {customer.company ? <Fact name={say('company')}>{customer.company}</Fact> : null}
            <Fact name={say('numbers')}>
              {customer.numbers.map((number) => (
                <div key={number}>
                  <Phone number={number} />
                </div>
              ))}
            </Fact>
            <Fact name={say('contacts')}>
              <Link
                href={drillTo({ ...customer.meta.filter }, customer.drill)}
                data-contacts={customer.contacts}
              >
                {format.count(customer.contacts)}
              </Link>
            </Fact>
            <Fact name={say('first')}>{format.exactly(customer.first_at)}</Fact>
            <Fact name={say('last')}>{format.exactly(customer.last_at)}</Fact>
            <Fact name={say('handling')}>{format.seconds(customer.handling.value)}</Fact>
          </Facts>
        </Card>
        <Habits customer={customer} />
      </div>
      <div class="kpis">
        {customer.values.map((value) => (
          <section class="card kpi" key={value.metric} data-metric={value.metric}>
            <div class="name">
              <MetricName id={value.metric} />
            </div>
            <div class="figure">
              <Measure value={value} filter={customer.meta.filter} customer={customer.drill} />
            </div>
          </section>
        ))}
      </div>
      {customer.open_cases.length ? <Cases customer={customer} open={call} /> : null}
      {customer.deals.length ? <Deals customer={customer} open={call} /> : null}
      <History customer={customer} open={(id, channel) => setOpen({ id, channel })} />
      {open ? (
        <CallDrawer key={open.id} id={open.id} channel={open.channel} onClose={() => setOpen(null)} />
      ) : null}
    </div>
  )
}

function Habits({ customer }: { customer: Customer }) {
  const say = useWords('customers')
  const format = useFormat()
  const { pattern } = customer
  const hours = (all: readonly number[]) => (all.length ? format.list(all.map(clock)) : '–')
  const option = useMemo(
    () => ({
      grid: { left: 32, right: 8, top: 28, bottom: 24 },
      legend: { top: 0, data: [say('incoming'), say('reached')] },
      tooltip: { trigger: 'axis' as const },
      xAxis: { type: 'category' as const, data: pattern.hours.map((one) => clock(one.hour)) },
      yAxis: { type: 'value' as const, minInterval: 1 },
      series: [
        {
          type: 'bar' as const,
          name: say('incoming'),
          data: pattern.hours.map((one) => one.incoming),
          color: 'var(--series-1)',
        },
        {
          type: 'bar' as const,
          name: say('reached'),
          data: pattern.hours.map((one) => one.reached),
          color: 'var(--series-2)',
        },
      ],
    }),
    [pattern, say],
  )
  return (
    <Card title={say('habits')}>
      <div class="stack">
        <Facts>
          <Fact name={say('channel')}>
            {pattern.channel ? say(`channel.${pattern.channel as 'call'}`) : say('channel.none')}
          </Fact>
          <Fact name={say('writes_at')}>{hours(pattern.incoming_hours)}</Fact>
          <Fact name={say('reached_at')}>{hours(pattern.reached_hours)}</Fact>
        </Facts>
        <Chart
          option={option}
          label={say('hours')}
          height={190}
          table={{
            columns: [say('hour'), say('incoming'), say('reached')],
            rows: pattern.hours.map((one) => [clock(one.hour), one.incoming, one.reached]),
          }}
          note={<MetaLine meta={customer.meta} />}
        />
      </div>
    </Card>
  )
}

function Cases({ customer, open }: { customer: Customer; open: (id: string) => void }) {
  const say = useWords('customers')
  const term = useTerms()
  const format = useFormat()
  return (
    <Card title={say('cases')}>
      <Table
        label={say('cases')}
        rows={customer.open_cases}
        rowKey={(row) => row.id}
        onPick={(row) => open(row.id)}
        columns={[
          {
            id: 'opened',
            title: say('opened'),
            names: true,
            cell: (row) => (
              <button type="button" class="link" onClick={() => open(row.id)}>
                {format.at(row.opened_at)}
              </button>
            ),
          },
          { id: 'state', title: say('state'), cell: (row) => <Tag group="case_state" code={row.state} /> },
          {
            id: 'reason',
            title: say('reason'),
            cell: (row) => (row.reason ? term(`reason.${row.reason}`) : ''),
          },
          { id: 'misses', title: say('misses'), end: true, cell: (row) => format.count(row.misses) },
          { id: 'due', title: say('due'), cell: (row) => (row.due_at ? format.at(row.due_at) : '') },
        ]}
      />
    </Card>
  )
}

function Deals({ customer, open }: { customer: Customer; open: (id: string) => void }) {
  const say = useWords('customers')
  const format = useFormat()
  return (
    <Card title={say('deals')}>
      <Table
        label={say('deals')}
        rows={customer.deals}
        rowKey={(row) => row.id}
        columns={[
          {
            id: 'quoted',
            title: say('quoted'),
            names: true,
            cell: (row) =>
              row.call_id ? (
                <button type="button" class="link" onClick={() => open(row.call_id)}>
                  {format.at(row.quoted_at)}
                </button>
              ) : (
                format.at(row.quoted_at)
              ),
          },
          { id: 'state', title: say('state'), cell: (row) => say(`deal.${row.state}`) },
          { id: 'brand', title: say('brand'), cell: (row) => row.brand },
          {
            id: 'amount',
            title: say('amount'),
            end: true,
            cell: (row) => (row.amount === null ? '–' : format.money(row.amount, row.currency)),
          },
        ]}
      />
    </Card>
  )
}

function History({
  customer,
  open,
}: {
  customer: Customer
  open: (id: string, channel: 'call' | 'message') => void
}) {
  const say = useWords('customers')
  const format = useFormat()
  const { history } = customer
  return (
    <Card
      title={say('history')}
      about={say('history_why', { count: history.length })}
      tools={
        <Link class="button small" href={drillTo({ ...customer.meta.filter }, customer.drill)}>
          {say('all_contacts')}
        </Link>
      }
    >
      <Table
        label={say('history')}
        rows={history}
        rowKey={(row) => `${row.channel}.${row.id}`}
        onPick={(row) => open(row.id, row.channel as 'call')}
        columns={[
          {
            id: 'way',
            title: <span class="unseen">{say('way')}</span>,
            cell: (row) => <Way channel={row.channel} direction={row.direction} />,
          },
          {
            id: 'at',
            title: say('when'),
            names: true,
            cell: (row) => (
              <button type="button" class="link nowrap" onClick={() => open(row.id, row.channel as 'call')}>
                {format.at(row.at)}
              </button>
            ),
          },
          {
            id: 'outcome',
            title: say('outcome'),
            cell: (row) => (
              <Tag group={row.channel === 'message' ? 'message_status' : 'outcome'} code={row.outcome} />
            ),
          },
          { id: 'person', title: say('person'), cell: (row) => row.user_name },
          { id: 'number', title: say('our_number'), cell: (row) => row.number_name },
          {
            id: 'talk',
            title: say('talk'),
            end: true,
            cell: (row) => (row.talk_s === null ? '' : format.seconds(row.talk_s)),
          },
        ]}
      />
    </Card>
  )
}
