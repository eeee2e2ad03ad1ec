// One call or message with everything that is known of it: the drawer behind every row of every page.
import { ArrowLeft, CircleUserRound, FilePlus2 } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { type Schemas, useAnswer } from '../../ask'
import { pathId } from '../../ask/ids'
import { useFormat } from '../../kit/format'
import { Drawer } from '../../kit/overlay'
import { CopyButton, Fact, Facts, Notice, Phone, Tag, Way } from '../../kit/pieces'
import { Answered } from '../../kit/states'
import { useSession } from '../../session'
import { useTerms, useWords } from '../../words'
import { Charges } from './charges'
import { RecordingPlayer, TextReader } from './content'
import { Marks } from './marks'
import { QuoteForm } from './quote'
import { PathList, Timeline } from './timeline'
import './detail.css'

type Channel = 'call' | 'message'
type Detail = Schemas['Detail']

/** How often a call is looked at while it lasts. */
const LIVE_MS = 5_000

interface CallDrawerProps {
  id: string
  /** Where a call and a message of one connection have the same id. */
  channel?: Channel
  onClose: () => void
}

export function CallDrawer({ id, channel, onClose }: CallDrawerProps) {
  const say = useWords('interactions')
  // Related calls open in place; the way back leads through them.
  const [trail, setTrail] = useState<{ id: string; channel?: Channel }[]>([])
  const shown = trail.at(-1) ?? { id, channel }
  const [live, setLive] = useState(false)
  const detail = useAnswer(
    '/v1/interactions/{id}',
    { params: { path: { id: pathId(shown.id) }, query: shown.channel ? { channel: shown.channel } : {} } },
    { keep: false, every: live ? LIVE_MS : false },
  )
  useEffect(() => setLive(Boolean(detail.data?.row.live)), [detail.data])
  return (
    <Drawer
      title={say(detail.data?.row.channel === 'message' ? 'message' : 'call')}
      onClose={onClose}
      foot={
        trail.length ? (
          <button type="button" onClick={() => setTrail(trail.slice(0, -1))}>
            <ArrowLeft size={16} aria-hidden="true" /> {say('back')}
          </button>
        ) : undefined
      }
    >
      <div data-interaction={shown.id}>
        <Answered query={detail} lines={10}>
          {(found) => (
            <Shown
              key={shown.id}
              id={shown.id}
              detail={found}
              onOpen={(other, way) => setTrail([...trail, { id: other, channel: way }])}
            />
          )}
        </Answered>
      </div>
    </Drawer>
  )
}

interface ShownProps {
  id: string
  detail: Detail
  onOpen: (id: string, channel: Channel) => void
}

function Shown({ id, detail, onOpen }: ShownProps) {
  const say = useWords('interactions')
  const format = useFormat()
  const session = useSession()
  const [quoting, setQuoting] = useState(false)
  const { row } = detail
  const channel: Channel = row.channel === 'message' ? 'message' : 'call'
  const customer = row.contact_id || row.party_key
  const quotable = channel === 'call' && row.type !== 'classifier' && session.may('work_cases')
  return (
    <div class="stack">
      <div class="tight">
        <div class="row">
          <Way channel={channel} direction={row.direction ?? ''} />
          <b class="grown">{row.remote_name || <Phone number={row.remote_number ?? ''} />}</b>
          <State row={row} />
        </div>
        <div class="faint">
          {format.exactly(row.started_at_utc)} · {row.type_label ? <TypeName type={row.type ?? ''} /> : null}
        </div>
        <div class="row no-print">
          {customer ? (
            <Link class="button small" href={`/app/customers/${pathId(customer)}`}>
              <CircleUserRound size={15} aria-hidden="true" /> {say('history')}
            </Link>
          ) : null}
          {quotable && !quoting ? (
            <button type="button" class="small" onClick={() => setQuoting(true)}>
              <FilePlus2 size={15} aria-hidden="true" /> {say('create_quote')}
            </button>
          ) : null}
        </div>
      </div>
      {quoting ? <QuoteForm callId={id} onClose={() => setQuoting(false)} /> : null}
      {detail.stale ? <Notice tone="warn">{say('stale')}</Notice> : null}
      {channel === 'call' ? (
        <Part title={say('path')}>
          <Timeline detail={detail} />
          <details class="steps">
            <summary>{say('steps', { count: detail.path.length })}</summary>
            <PathList detail={detail} />
          </details>
        </Part>
      ) : null}
      <Content id={id} detail={detail} channel={channel} />
      <Part title={say('facts')}>
        <RowFacts detail={detail} />
      </Part>
      <Missed detail={detail} />
      {detail.related.length ? (
        <Part title={say('related')}>
          <ul class="plain">
            {detail.related.map((other) => (
              <li key={other.relation + other.record_id} class="row">
                <Way channel={other.channel} direction={other.direction} />
                <button
                  type="button"
                  class="link"
                  onClick={() => onOpen(other.record_id, other.channel as Channel)}
                >
                  {say(`relation.${other.relation}` as 'relation.twin')}, {format.at(other.started_at)}
                </button>
                <Tag
                  group={other.channel === 'message' ? 'message_status' : 'outcome'}
                  code={other.outcome}
                />
                <span class="faint">{other.user_name}</span>
              </li>
            ))}
          </ul>
        </Part>
      ) : null}
      {session.may('see_costs') && row.type !== 'classifier' ? (
        <Part title={say('charges')}>
          <Charges recordId={id} channel={channel} />
        </Part>
      ) : null}
      {channel === 'call' ? (
        <Part title={say('marks')}>
          <Marks recordId={id} marks={detail.marks} labels={row.labels ?? []} />
        </Part>
      ) : null}
    </div>
  )
}

function Part({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="part-of-detail">
      <h3>{title}</h3>
      {children}
    </section>
  )
}

/** Outcome of a call, status of a message, or that it is still going on. */
export function State({ row }: { row: Schemas['Row'] }) {
  if (row.channel === 'message')
    return <Tag group="message_status" code={(row.status_code ?? '').toLowerCase()} />
  if (row.outcome) return <Tag group="outcome" code={row.outcome} />
  return <Tag group="status_code" code={row.status_code ?? ''} tone="accent" />
}

export function TypeName({ type }: { type: string }) {
  const term = useTerms()
  return <>{term(`kind.${type}`)}</>
}

function Content({ id, detail, channel }: { id: string; detail: Detail; channel: Channel }) {
  const say = useWords('interactions')
  const may = useSession().may('see_content')
  const { recordings, message, row } = detail
  const words = channel === 'message' ? message !== null : Boolean(row.transcript || row.summary)
  if (!recordings.length && !words && !message?.error_text) return null
  return (
    <Part title={say(channel === 'message' ? 'text' : 'content')}>
      {may ? (
        <div class="tight">
          {recordings.map((media) => (
            <RecordingPlayer key={media.id} recordId={id} media={media} />
          ))}
          {words ? <TextReader recordId={id} channel={channel} /> : null}
        </div>
      ) : (
        <p class="faint">{say('no_content_right')}</p>
      )}
      {message && message.remote_numbers.length > 1 ? (
        <p>
          {say('receivers')}{' '}
          {message.remote_numbers.map((number) => (
            <Phone key={number} number={number} />
          ))}
        </p>
      ) : null}
      {message?.error_text || message?.error_code ? (
        <Notice tone="bad">
          {message.error_text} {message.error_code ? <code>{message.error_code}</code> : null}
        </Notice>
      ) : null}
    </Part>
  )
}

function RowFacts({ detail }: { detail: Detail }) {
  const say = useWords('interactions')
  const term = useTerms()
  const format = useFormat()
  const { row } = detail
  const said = (name: string, children: ComponentChildren) =>
    children ? (
      <Fact key={name} name={say(`fact.${name}` as 'fact.person')}>
        {children}
      </Fact>
    ) : null
  const lasted = (seconds: number | null | undefined) =>
    seconds === null || seconds === undefined ? null : <span class="number">{format.seconds(seconds)}</span>
  const number = (value: string | undefined) => (value ? <Phone number={value} /> : null)
  const joined = (values: (string | undefined)[]) => values.filter(Boolean).join(', ')
  return (
    <Facts>
      {said('person', row.user_name || (row.unattributed ? term(`unattributed.${row.unattributed}`) : ''))}
      {said('team', row.team)}
      {said('customer', row.remote_name)}
      {said('from', number(row.source_number))}
      {said('to', number(row.destination_number))}
      {said('number', joined([row.business_number_name]))}
      {said('queue', row.queue)}
      {said('campaign', row.campaign)}
      {said('scheme', row.scheme)}
      {said('source', joined([row.source, row.source_medium, row.source_campaign]))}
      {said('final', row.final_party && row.final_party !== row.user_name ? row.final_party : '')}
      {said('menu', lasted(row.ivr_s))}
      {said('wait', lasted(row.wait_s))}
      {said('ring', lasted(row.ring_s))}
      {said('dialling', lasted(row.dialling_s))}
      {said('talk', lasted(row.talk_s))}
      {said('hold', lasted(row.hold_s))}
      {said('voicemail', lasted(row.voicemail_s))}
      {said('total', lasted(row.total_s))}
      {said('ended', row.ended_at ? format.exactly(row.ended_at) : '')}
      {said('delivered', row.delivered_at ? format.exactly(row.delivered_at) : '')}
      {said('scheduled', row.scheduled_for ? format.exactly(row.scheduled_for) : '')}
      {said('hung_up', row.hangup_by ? term(`hangup.${row.hangup_by}`) : '')}
      {said('reason', row.missed_reason ? term(`reason.${row.missed_reason}`) : '')}
      {said('cause', joined([row.cause, row.error_code]))}
      {said(
        'hours',
        row.in_open_hours === true
          ? say('hours.open')
          : row.in_open_hours === false
            ? say('hours.closed')
            : '',
      )}
      {said('labels', (row.labels ?? []).map((label) => term(`label.${label}`)).join(', '))}
      {said('tags', (row.tags ?? []).join(', '))}
      {said('classifier', row.classifier)}
      {said('reference', row.reference)}
      {said('record', row.record_ref)}
      {said('significant', row.significant)}
      {said('contact_no', row.contact_no ? format.count(row.contact_no) : '')}
      {said('segments', row.segments ? format.count(row.segments) : '')}
      {said('status_detail', row.channel === 'message' ? row.status_detail : '')}
      {said('connection', joined([row.connection, row.provider === row.connection ? '' : row.provider]))}
      {said(
        'id',
        row.provider_id ? (
          <span class="row id">
            <code>{row.provider_id}</code>
            <CopyButton text={row.provider_id} what={say('fact.id')} />
          </span>
        ) : null,
      )}
    </Facts>
  )
}

/** What became of a missed call, and the case that it opened (features.md W28, W32-W36). */
function Missed({ detail }: { detail: Detail }) {
  const say = useWords('interactions')
  const term = useTerms()
  const format = useFormat()
  const { recovery, case: opened } = detail
  if (!recovery && !opened) return null
  return (
    <Part title={say('recovery')}>
      <Facts>
        {recovery ? (
          <>
            <Fact name={say('recovery.state')}>{term(`recovery_state.${recovery.state}`)}</Fact>
            {recovery.attempted_at ? (
              <Fact name={say('recovery.attempt')}>{format.exactly(recovery.attempted_at)}</Fact>
            ) : null}
            {recovery.recovery_s === null ? null : (
              <Fact name={say('recovery.after')}>{format.seconds(recovery.recovery_s)}</Fact>
            )}
            {recovery.resolved_by_customer ? (
              <Fact name={say('recovery.how')}>{say('recovery.customer')}</Fact>
            ) : null}
          </>
        ) : null}
        {opened ? (
          <>
            <Fact name={say('case.state')}>
              <Tag group="case_state" code={opened.state} />
            </Fact>
            <Fact name={say('case.misses')}>{format.count(opened.misses.length)}</Fact>
            <Fact name={say('case.attempts')}>{format.count(opened.attempts)}</Fact>
            {opened.due_at && !opened.closed_at ? (
              <Fact name={say('case.due')}>{format.exactly(opened.due_at)}</Fact>
            ) : null}
            {opened.closed_at ? (
              <Fact name={say('case.closed')}>{format.exactly(opened.closed_at)}</Fact>
            ) : null}
            {detail.marks.case_note ? <Fact name={say('note')}>{detail.marks.case_note}</Fact> : null}
          </>
        ) : null}
      </Facts>
    </Part>
  )
}
