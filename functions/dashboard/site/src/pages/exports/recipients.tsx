// Who gets a mail: colleagues, and people outside who are asked first (demands.md D57). Schedules and alerts share it.
import { Plus, X } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { Schemas } from '../../ask'
import { useChoices } from '../../filter/bar'
import { useFormat } from '../../kit/format'
import { useSession } from '../../session'
import { LANGUAGE_NAMES, LANGUAGES, useWords } from '../../words'
import './exports.css'

export type Recipient = Schemas['RecipientBody']
type Known = { user: string; address: string; state: string; asked_at?: string | null }

const TONES: Record<string, string> = { ok: 'good', unconfirmed: 'warn', bounced: 'bad', complained: 'bad' }

export function ReachTag({ state }: { state: string }) {
  const say = useWords('exports')
  return <span class={`tag ${TONES[state] ?? ''}`}>{say(`reach.${state}` as 'reach.ok')}</span>
}

/** Names of colleagues by id. */
export function useNames(): (id: string) => string {
  const choices = useChoices()
  const { me } = useSession()
  const names = new Map((choices?.users ?? []).map((user) => [user.id, user.name]))
  return (id) => names.get(id) ?? (id === me.user.id ? me.user.name : id)
}

interface RecipientsProps {
  recipients: Recipient[]
  /** What is known of those who are there already. */
  known?: readonly Known[]
  onChange: (recipients: Recipient[]) => void
  wrong?: string
}

export function Recipients({ recipients, known = [], onChange, wrong }: RecipientsProps) {
  const say = useWords('exports')
  const format = useFormat()
  const session = useSession()
  const name = useNames()
  const choices = useChoices()
  const [address, setAddress] = useState('')
  const [language, setLanguage] = useState(session.language)
  const users = [
    { id: session.me.user.id, name: session.me.user.name },
    ...(choices?.users ?? []).filter((user) => !user.deleted && user.id !== session.me.user.id),
  ].filter((user) => !recipients.some((one) => one.user === user.id))
  const add = (one: Recipient) => onChange([...recipients, one])
  return (
    <fieldset class="export-recipients">
      <legend>{say('recipients')}</legend>
      {recipients.map((one) => {
        const found = known.find((other) =>
          one.user ? other.user === one.user : other.address === one.address,
        )
        const who = one.user ? name(one.user) : one.address
        return (
          <div key={one.user || one.address}>
            <span>{who}</span>
            {one.user ? null : <span class="tag">{say('outside')}</span>}
            {found ? (
              <ReachTag state={found.state} />
            ) : one.user ? null : (
              <span class="tag warn">{say('reach.will_be_asked')}</span>
            )}
            {found?.asked_at && found.state === 'unconfirmed' ? (
              <span class="faint small-text">{say('reach.asked_at', { at: format.at(found.asked_at) })}</span>
            ) : null}
            <button
              type="button"
              class="quiet small"
              onClick={() => onChange(recipients.filter((other) => other !== one))}
            >
              <X size={14} aria-hidden="true" />
              <span class="unseen">{say('recipients.remove', { who: who ?? '' })}</span>
            </button>
          </div>
        )
      })}
      {wrong ? <div class="bad small-text">{wrong}</div> : null}
      <div>
        <select
          aria-label={say('recipients.colleague')}
          value=""
          onChange={(event) => {
            if (event.currentTarget.value) add({ user: event.currentTarget.value })
          }}
        >
          <option value="">{say('recipients.colleague')}</option>
          {users.map((user) => (
            <option key={user.id} value={user.id}>
              {user.name}
            </option>
          ))}
        </select>
      </div>
      <div>
        <input
          type="email"
          placeholder={say('recipients.outside')}
          aria-label={say('recipients.outside')}
          value={address}
          onInput={(event) => setAddress(event.currentTarget.value)}
        />
        <select
          aria-label={say('language')}
          value={language}
          onChange={(event) => setLanguage(event.currentTarget.value as typeof language)}
        >
          {LANGUAGES.map((one) => (
            <option key={one} value={one}>
              {LANGUAGE_NAMES[one]}
            </option>
          ))}
        </select>
        <button
          type="button"
          disabled={
            !/^\S+@\S+\.\S+$/.test(address) || recipients.some((one) => one.address === address.trim())
          }
          onClick={() => {
            add({ address: address.trim(), language })
            setAddress('')
          }}
        >
          <Plus size={16} aria-hidden="true" /> {say('add')}
        </button>
      </div>
      <p class="faint small-text">{say('recipients.why')}</p>
    </fieldset>
  )
}
