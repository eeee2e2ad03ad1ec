// Calls that may be abuse of the phones, and the rules that list them (features.md N17).
import { SlidersHorizontal } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { client, type Schemas, useAnswer } from '../../ask'
import { FilterBar } from '../../filter/bar'
import { drillTo } from '../../filter/filter'
import { useFilter, useParameter } from '../../filter/useFilter'
import { Card, MetaLine } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Check, Field, Text, wrongOf } from '../../kit/inputs'
import { Phone } from '../../kit/pieces'
import { Answered, Empty } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useSession } from '../../session'
import { useWords } from '../../words'
import { CallDrawer } from '../interactions/detail'
import { Editor, ifMatch, useSaving, useVersioned } from '../settings/editing'
import { linesOf } from '../settings/entries'
import { USUAL } from './overview'
import { placeName } from './place'
import { Amount } from './sums'

type Suspicion = Schemas['AbuseSuspicion']
const SUSPICIONS: readonly Suspicion[] = ['premium', 'foreign', 'night', 'long']

export default function Abuse() {
  const say = useWords('spend')
  const format = useFormat()
  const session = useSession()
  const filtered = useFilter(USUAL)
  const [only, setOnly] = useParameter('suspicion')
  const [open, setOpen] = useParameter('open')
  const [editing, setEditing] = useState(false)
  const suspicion = SUSPICIONS.find((one) => one === only)
  const abuse = useAnswer(
    '/v1/analytics/abuse',
    {
      params: {
        query: { ...filtered.filter, limit: 200, ...(suspicion ? { suspicions: [suspicion] } : {}) },
      },
    },
    { every: 60_000 },
  )
  const columns = useColumns(setOpen)
  return (
    <div class="stack">
      <div class="spread">
        <FilterBar filtered={filtered} meta={abuse.data?.meta} />
        {session.may('manage_directory') ? (
          <button type="button" class="no-print" onClick={() => setEditing(true)}>
            <SlidersHorizontal size={16} aria-hidden="true" /> {say('abuse.rules')}
          </button>
        ) : null}
      </div>
      <Card title={say('tab.abuse')} about={say('abuse.why')}>
        <Answered query={abuse} lines={8}>
          {(found) => (
            <div class="stack">
              <div class="row suspicions" role="group" aria-label={say('abuse.kinds')}>
                {found.by_suspicion.map((one) => (
                  <div class="suspicion" key={one.suspicion} data-suspicion={one.suspicion}>
                    <button
                      type="button"
                      aria-pressed={one.suspicion === suspicion}
                      onClick={() => setOnly(one.suspicion === suspicion ? null : one.suspicion)}
                    >
                      {say(`suspicion.${one.suspicion}`)}
                    </button>
                    <span>
                      {one.drill && one.calls ? (
                        <Link href={drillTo(found.meta.filter, one.drill)}>
                          {say('calls', { count: one.calls, shown: format.count(one.calls) })}
                        </Link>
                      ) : (
                        say('calls', { count: one.calls, shown: format.count(one.calls) })
                      )}
                      {' · '}
                      {format.seconds(one.talk_s)}
                      {session.may('see_costs') && one.calls ? (
                        <>
                          {' · '}
                          <Amount amount={one.amount} currency={found.currency} />
                        </>
                      ) : null}
                    </span>
                  </div>
                ))}
              </div>
              <p class="faint small-text row">
                <span>
                  {say('abuse.looked', {
                    count: found.looked_at,
                    looked: format.count(found.looked_at),
                    found: format.count(found.calls),
                  })}
                </span>
                <MetaLine meta={found.meta} />
              </p>
              <Table
                label={say('tab.abuse')}
                columns={columns}
                rows={found.listed}
                rowKey={(row) => row.record_id}
                onPick={(row) => setOpen(row.record_id)}
                empty={<Empty title={say('abuse.none')}>{say('abuse.none_why')}</Empty>}
              />
              {found.listed.length < found.calls ? (
                <p class="faint small-text">
                  {say('listed', {
                    shown: format.count(found.listed.length),
                    count: format.count(found.calls),
                  })}
                </p>
              ) : null}
            </div>
          )}
        </Answered>
      </Card>
      {open ? <CallDrawer key={open} id={open} channel="call" onClose={() => setOpen(null)} /> : null}
      {editing ? <Rules onClose={() => setEditing(false)} /> : null}
    </div>
  )
}

function useColumns(open: (id: string) => void): Column<Schemas['SuspectCall']>[] {
  const say = useWords('spend')
  const format = useFormat()
  const session = useSession()
  const columns: Column<Schemas['SuspectCall']>[] = [
    {
      id: 'when',
      title: say('column.when'),
      names: true,
      cell: (row) => (
        <button type="button" class="link number nowrap" onClick={() => open(row.record_id)}>
          {format.at(row.started_at)}
        </button>
      ),
    },
    {
      id: 'why',
      title: say('column.why'),
      cell: (row) => (
        <span class="row tiny">
          {row.suspicions.map((one) => (
            <span key={one} class={one === 'premium' ? 'tag bad' : 'tag warn'}>
              {say(`suspicion.${one}`)}
            </span>
          ))}
        </span>
      ),
    },
    {
      id: 'number',
      title: say('column.dialled'),
      cell: (row) => (
        <>
          <Phone number={row.number} />
          <div class="faint small-text">{placeName(row.country, format.locale)}</div>
        </>
      ),
    },
    {
      id: 'person',
      title: say('column.person'),
      cell: (row) => (
        <>
          <div>{row.user_name || <span class="faint">–</span>}</div>
          <div class="faint small-text">{row.team_name}</div>
        </>
      ),
    },
    { id: 'talk', title: say('column.talk'), end: true, cell: (row) => format.seconds(row.talk_s) },
  ]
  if (session.may('see_costs')) {
    columns.push({
      id: 'amount',
      title: say('amount'),
      end: true,
      cell: (row) => <Amount amount={row.amount} currency={row.currency} />,
    })
  }
  return columns
}

function Rules({ onClose }: { onClose: () => void }) {
  const rules = useVersioned('/v1/abuse-rules')
  if (!rules.data) return null
  return (
    <RulesForm
      key={rules.data.etag}
      rules={rules.data.document}
      etag={rules.data.etag}
      onClose={onClose}
      reload={() => void rules.refetch()}
    />
  )
}

function RulesForm({
  rules,
  etag,
  onClose,
  reload,
}: {
  rules: Schemas['AbuseRulesView']
  etag: string
  onClose: () => void
  reload: () => void
}) {
  const say = useWords('spend')
  const [body, setBody] = useState({
    premium: rules.premium,
    foreign: rules.foreign,
    countries: rules.countries.join(' '),
    prefixes: rules.prefixes.join('\n'),
    allowed: rules.allowed.join('\n'),
    night: Boolean(rules.night_from),
    night_from: rules.night_from || '22:00',
    night_to: rules.night_to || '06:00',
    minutes: String(Math.round(rules.longest_s / 60)),
  })
  const set = (patch: Partial<typeof body>) => setBody({ ...body, ...patch })
  const saving = useSaving(['/v1/abuse-rules', '/v1/analytics/abuse'])
  const save = () =>
    saving.run(
      () =>
        client.PUT('/v1/abuse-rules', {
          params: { header: ifMatch(etag) },
          body: {
            premium: body.premium,
            foreign: body.foreign,
            countries: body.countries
              .toUpperCase()
              .split(/[\s,;]+/)
              .filter(Boolean),
            prefixes: linesOf(body.prefixes).map((one) => one.replace(/^\+/, '').replaceAll(' ', '')),
            allowed: linesOf(body.allowed).map((one) => one.replaceAll(' ', '')),
            night_from: body.night ? body.night_from : '',
            night_to: body.night ? body.night_to : '',
            longest_s: Math.round(Number(body.minutes || 0) * 60),
          },
        }),
      onClose,
    )
  const lines = (name: 'prefixes' | 'allowed') => (
    <Field label={say(`abuse.${name}`)} why={say(`abuse.${name}_why`)} wrong={wrongOf(saving.error, name)}>
      {(attributes) => (
        <textarea
          {...attributes}
          value={body[name]}
          onInput={(event) => set({ [name]: event.currentTarget.value })}
        />
      )}
    </Field>
  )
  return (
    <Editor
      title={say('abuse.rules')}
      saving={saving}
      fields={['countries', 'prefixes', 'allowed', 'night_from', 'night_to', 'longest_s']}
      onClose={onClose}
      onSave={save}
      reload={reload}
    >
      <Check
        label={say('suspicion.premium')}
        why={say('abuse.premium_why')}
        checked={body.premium}
        onChange={(premium) => set({ premium })}
      />
      {lines('prefixes')}
      <Check
        label={say('suspicion.foreign')}
        why={say('abuse.foreign_why', { home: rules.home || '–' })}
        checked={body.foreign}
        onChange={(foreign) => set({ foreign })}
      />
      {body.foreign ? (
        <Text
          label={say('abuse.countries')}
          why={say('abuse.countries_why')}
          wrong={wrongOf(saving.error, 'countries')}
          value={body.countries}
          onChange={(countries) => set({ countries })}
        />
      ) : null}
      <Check
        label={say('suspicion.night')}
        why={say('abuse.night_why', { zone: rules.zone })}
        checked={body.night}
        onChange={(night) => set({ night })}
      />
      {body.night ? (
        <div class="row">
          <Text
            label={say('from')}
            type="time"
            value={body.night_from}
            wrong={wrongOf(saving.error, 'night_from')}
            onChange={(night_from) => set({ night_from })}
          />
          <Text
            label={say('to')}
            type="time"
            value={body.night_to}
            wrong={wrongOf(saving.error, 'night_to')}
            onChange={(night_to) => set({ night_to })}
          />
        </div>
      ) : null}
      <Text
        label={say('abuse.longest')}
        why={say('abuse.longest_why')}
        type="number"
        min="0"
        max="1440"
        value={body.minutes}
        wrong={wrongOf(saving.error, 'longest_s')}
        onChange={(minutes) => set({ minutes })}
      />
      {lines('allowed')}
    </Editor>
  )
}
