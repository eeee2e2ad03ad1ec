// Zones, countries and currencies: codes, with what the browser calls them.
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { useFormat } from '../../kit/format'
import { Text } from '../../kit/inputs'

interface Props {
  label: string
  why?: ComponentChildren
  wrong?: string
  value: string
  onChange: (value: string) => void
  required?: boolean
  disabled?: boolean
}

function known(kind: 'timeZone' | 'currency'): string[] {
  return Intl.supportedValuesOf(kind)
}

function named(locale: string, type: 'region' | 'currency', code: string): string {
  if (!/^[A-Za-z]{2,3}$/.test(code)) return ''
  try {
    const name = new Intl.DisplayNames([locale], { type, fallback: 'none' }).of(code.toUpperCase())
    return name ?? ''
  } catch {
    return ''
  }
}

export function ZoneText(props: Props) {
  const id = useId()
  return (
    <>
      <Text {...props} list={id} autocomplete="off" />
      <datalist id={id}>
        {known('timeZone').map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  )
}

export function CurrencyText({ why, ...props }: Props) {
  const id = useId()
  const format = useFormat()
  const name = named(format.locale, 'currency', props.value)
  return (
    <>
      <Text
        {...props}
        why={name ? `${name}. ${why ?? ''}` : why}
        list={id}
        maxLength={3}
        autocomplete="off"
      />
      <datalist id={id}>
        {known('currency').map((code) => (
          <option key={code} value={code}>
            {named(format.locale, 'currency', code)}
          </option>
        ))}
      </datalist>
    </>
  )
}

export function CountryText({ why, ...props }: Props) {
  const format = useFormat()
  const name = named(format.locale, 'region', props.value)
  return (
    <Text
      {...props}
      why={name ? `${name}. ${why ?? ''}` : why}
      maxLength={2}
      placeholder="PL"
      autocomplete="off"
    />
  )
}
