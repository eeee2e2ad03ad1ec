// Addresses that mail goes to: who agreed, who left, what came back; asking somebody outside, and lifting a stop.
import { MailPlus } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { client, type Schemas, useAnswer, useChange } from '../../ask'
import { Card } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Select, Text, wrongOf } from '../../kit/inputs'
import { Confirm, Dialog, useToast } from '../../kit/overlay'
import { Notice } from '../../kit/pieces'
import { Answered, Empty } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useMay, useSession } from '../../session'
import { LANGUAGE_NAMES, LANGUAGES, useWords } from '../../words'

type Address = Schemas['MailAddressView']
const LIST = '/v1/mail/addresses'
const TONES: Record<Address['state'], string> = {
  ok: 'good',
  asked: 'warn',
  bounced: 'bad',
  complained: 'bad',
  unsubscribed: '',
}

function Ask({ onClose }: { onClose: () => void }) {
  const say = useWords('exports')
  const tell = useToast()
  const session = useSession()
  const [address, setAddress] = useState('')
  const [language, setLanguage] = useState(session.language)
  const ask = useChange((body: Schemas['AddressBody']) => client.POST(LIST, { body }), [LIST])
  return (
    <Dialog
      title={say('address.ask')}
      onClose={onClose}
      foot={
        <button type="submit" form="ask-address" class="primary" disabled={ask.isPending}>
          {say('address.send')}
        </button>
      }
    >
      <form
        id="ask-address"
        class="form"
        onSubmit={(event) => {
          event.preventDefault()
          ask.mutate(
            { address, language },
            {
              onSuccess: (known) => {
                tell(
                  say(known.state === 'ok' ? 'address.agreed_already' : 'address.was_asked', {
                    address: known.address,
                  }),
                )
                onClose()
              },
            },
          )
        }}
      >
        <p class="faint">{say('address.ask.why')}</p>
        <Text
          label={say('address')}
          type="email"
          required
          value={address}
          onChange={setAddress}
          wrong={wrongOf(ask.error, 'address')}
        />
        <Select
          label={say('language')}
          value={language}
          options={LANGUAGES.map((one) => ({ id: one, name: LANGUAGE_NAMES[one] }))}
          onChange={setLanguage}
        />
        {ask.error && !ask.error.errors.length ? (
          <Notice tone="bad">{ask.error.detail || ask.error.title}</Notice>
        ) : null}
      </form>
    </Dialog>
  )
}

export function Addresses() {
  const say = useWords('exports')
  const format = useFormat()
  const tell = useToast()
  const may = useMay('manage_directory')
  const known = useAnswer(LIST, {})
  const [asking, setAsking] = useState(false)
  const [lifting, setLifting] = useState<Address | null>(null)
  const lift = useChange(
    (address: string) => client.DELETE('/v1/mail/addresses/{address}', { params: { path: { address } } }),
    [LIST, '/v1/schedules', '/v1/alerts'],
  )
  const columns: Column<Address>[] = [
    { id: 'address', title: say('address'), names: true, cell: (one) => one.address },
    {
      id: 'state',
      title: say('state'),
      cell: (one) => (
        <div class="tight">
          <span>
            <span class={`tag ${TONES[one.state]}`}>{say(`address.${one.state}`)}</span>
          </span>
          {one.reason ? <span class="faint small-text">{one.reason}</span> : null}
          {one.soft_bounces ? (
            <span class="faint small-text">{say('address.soft', { count: one.soft_bounces })}</span>
          ) : null}
          {one.state !== 'unsubscribed' && one.left.length ? (
            <span class="faint small-text">{say('address.left', { count: one.left.length })}</span>
          ) : null}
        </div>
      ),
    },
    {
      id: 'since',
      title: say('address.since'),
      cell: (one) => format.at(one.since ?? one.confirmed_at ?? one.asked_at),
    },
    {
      id: 'do',
      title: <span class="unseen">{say('actions')}</span>,
      cell: (one) =>
        one.state === 'bounced' && may ? (
          <button type="button" class="small" onClick={() => setLifting(one)}>
            {say('address.lift')}
          </button>
        ) : one.state === 'complained' || one.state === 'unsubscribed' ? (
          <span class="faint small-text">{say('address.own_choice')}</span>
        ) : null,
    },
  ]
  return (
    <Card
      title={say('tab.addresses')}
      about={say('address.about')}
      tools={
        <button type="button" onClick={() => setAsking(true)}>
          <MailPlus size={16} aria-hidden="true" /> {say('address.ask')}
        </button>
      }
    >
      <Answered query={known}>
        {(found) => (
          <div class="export-table">
            <Table
              label={say('tab.addresses')}
              columns={columns}
              rows={found.addresses}
              rowKey={(one) => one.address}
              empty={<Empty title={say('address.none')}>{say('address.none.why')}</Empty>}
            />
          </div>
        )}
      </Answered>
      {asking ? <Ask onClose={() => setAsking(false)} /> : null}
      {lifting ? (
        <Confirm
          title={say('address.lift')}
          text={say('address.lift.why', { address: lifting.address })}
          action={say('address.lift')}
          busy={lift.isPending}
          onConfirm={() =>
            lift.mutate(lifting.address, {
              onSuccess: () => setLifting(null),
              onError: (error) => tell(error.detail || error.title, true),
            })
          }
          onClose={() => setLifting(null)}
        />
      ) : null}
    </Card>
  )
}
