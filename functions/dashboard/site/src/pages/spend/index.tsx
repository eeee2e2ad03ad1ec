import { Page } from '../../shell'
import { useWords } from '../../words'

export default function SpendPage() {
  const shell = useWords('shell')
  return <Page title={shell('page.spend')}>{null}</Page>
}
