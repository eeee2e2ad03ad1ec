// Small things that stand in rows: telephone numbers, copies, outcomes, moments.
import {
  ArrowDownLeft,
  ArrowLeftRight,
  ArrowUpRight,
  Check,
  Copy,
  MessageSquare,
  Phone as PhoneIcon,
} from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useTerms, useWords } from '../words'
import { useToast } from './overlay'

let formatter: ((e164: string) => string) | null = null
let loading: Promise<void> | null = null

async function loadFormatter(): Promise<void> {
  const { parsePhoneNumberFromString } = await import('libphonenumber-js/min')
  formatter = (e164) => parsePhoneNumberFromString(e164)?.formatInternational() ?? e164
}

/** "+12025550101" -> "+1 202 555 0101", once the formats are loaded; anything else as it is. */
export function usePhone(e164: string): string {
  const [, redraw] = useState(0)
  useEffect(() => {
    if (formatter || !e164.startsWith('+')) return
    loading ??= loadFormatter()
    loading.then(() => redraw((n) => n + 1))
  }, [e164])
  return formatter && /^\+\d{5,}$/.test(e164) ? formatter(e164) : e164
}

/** Puts a text on the clipboard and says so (features.md R21). */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const say = useWords('kit')
  const tell = useToast()
  const [done, setDone] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setDone(true)
      setTimeout(setDone, 2000, false)
      tell(say('copied', { what: text }))
    } catch {
      tell(say('not_copied'), true)
    }
  }
  return (
    <button
      type="button"
      class="quiet small no-print"
      onClick={copy}
      title={say('copy', { what })}
      data-copy={text}
    >
      {done ? <Check size={14} aria-hidden="true" /> : <Copy size={14} aria-hidden="true" />}
      <span class="unseen">{say('copy', { what })}</span>
    </button>
  )
}

/** A telephone number, international, with its copy button; `anonymous` in words. */
export function Phone({ number, copy = true }: { number: string; copy?: boolean }) {
  const say = useWords('kit')
  const shown = usePhone(number)
  if (!number) return <span class="faint">–</span>
  if (number === 'anonymous') return <span class="faint">{say('anonymous')}</span>
  return (
    <span class="nowrap">
      <span class="number">{shown}</span>
      {copy && /^\+?\d/.test(number) ? <CopyButton text={number} what={shown} /> : null}
    </span>
  )
}

const TONES: Record<string, string> = {
  answered: 'good',
  delivered: 'good',
  received: 'good',
  sent: 'good',
  ready: 'good',
  reached: 'good',
  online: 'good',
  talking: 'accent',
  no_answer: 'bad',
  failed: 'bad',
  undelivered: 'bad',
  missed: 'bad',
  expired: '',
  caller_abandoned: 'warn',
  busy: 'warn',
  voicemail: 'accent',
  pending: 'warn',
  queued: 'warn',
  ringing: 'warn',
  in_progress: 'accent',
}

/** An outcome, status or state, in words and colour. `group` names the words: outcome, message_status, ... */
export function Tag({ group, code, tone }: { group: string; code: string; tone?: string }) {
  const term = useTerms()
  if (!code) return <span class="faint">–</span>
  return <span class={`tag ${tone ?? TONES[code] ?? ''}`}>{term(`${group}.${code}`)}</span>
}

/** Channel and direction as an icon with its name. */
export function Way({ channel, direction }: { channel: string; direction: string }) {
  const term = useTerms()
  const Arrow =
    direction === 'inbound' ? ArrowDownLeft : direction === 'outbound' ? ArrowUpRight : ArrowLeftRight
  const Channel = channel === 'message' ? MessageSquare : PhoneIcon
  const name = `${term(`channel.${channel}`)}, ${term(`direction.${direction}`)}`
  return (
    <span class="nowrap" title={name}>
      <Channel size={15} aria-hidden="true" />
      <Arrow size={15} aria-hidden="true" />
      <span class="unseen">{name}</span>
    </span>
  )
}

/** Names beside facts. */
export function Facts({ children }: { children: ComponentChildren }) {
  return <dl class="facts">{children}</dl>
}

export function Fact({ name, children }: { name: ComponentChildren; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

export function Notice({
  tone = '',
  children,
}: {
  tone?: '' | 'good' | 'warn' | 'bad'
  children: ComponentChildren
}) {
  return <div class={`notice ${tone}`}>{children}</div>
}

/** A secret or address that is shown once, to be copied. */
export function Secret({ text, what }: { text: string; what: string }) {
  return (
    <div class="secret">
      <code>{text}</code>
      <CopyButton text={text} what={what} />
    </div>
  )
}
