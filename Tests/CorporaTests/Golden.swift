import Corpora
import Foundation

/// What Hugging Face's `tokenizers` 0.23.3 (Python) makes of the same texts. The special token was not
/// looked for: `tokenizer.encode_special_tokens = True`.
enum Golden {
  /// What both vocabularies of 300 tokens were learned from.
  static let text = """
    The mixture of domains decides what a language model learns, and the weights of the \
    mixture are chosen before the training begins. We'll train small models on many mixtures, \
    measure the loss of each domain, and choose the next mixture where the loss should fall. \
    They're small, so that there is time for more of them; that's the whole idea of the thing. \
    for (i = 0; i < n; ++i) { the[i] = 0; }
    """

  static let samples = [
    "The mixture's weights sum to one, don't they?  We'll see\n\n  that they're 0.25 each.",
    "naïve café — 日本語 текст 🙂 ½ x²",
    "\t\tfor (i = 0; i < n; ++i) { w[i] *= 2; }\r\n",
    " ",
    "   the end   ",
    "<|endoftext|>",
    "e\u{301}\u{a0}\u{3000}'S ''ll",
  ]

  /// Learned by `tokenizers` itself (`BpeTrainer`, vocabulary 300): its tokens by number, ...
  static let tokens = """
    <|endoftext|> ! " # $ % & ' ( ) * + , - . / 0 1 2 3 4 5 6 7 8 9 : ; < = > ? @ A B C D E F
    G H I J K L M N O P Q R S T U V W X Y Z [ \\ ] ^ _ ` a b c d e f g h i j k l m n o p q r s
    t u v w x y z { | } ~ ¡ ¢ £ ¤ ¥ ¦ § ¨ © ª « ¬ ® ¯ ° ± ² ³ ´ µ ¶ · ¸ ¹ º » ¼ ½ ¾ ¿ À Á Â Ã
    Ä Å Æ Ç È É Ê Ë Ì Í Î Ï Ð Ñ Ò Ó Ô Õ Ö × Ø Ù Ú Û Ü Ý Þ ß à á â ã ä å æ ç è é ê ë ì í î ï ð
    ñ ò ó ô õ ö ÷ ø ù ú û ü ý þ ÿ Ā ā Ă ă Ą ą Ć ć Ĉ ĉ Ċ ċ Č č Ď ď Đ đ Ē ē Ĕ ĕ Ė ė Ę ę Ě ě Ĝ ĝ
    Ğ ğ Ġ ġ Ģ ģ Ĥ ĥ Ħ ħ Ĩ ĩ Ī ī Ĭ ĭ Į į İ ı Ĳ ĳ Ĵ ĵ Ķ ķ ĸ Ĺ ĺ Ļ ļ Ľ ľ Ŀ ŀ Ł ł Ń Ġt he re Ġthe
    Ġm in Ġo de ure xt Ġof an ain ho ixt ll Ġl Ġs Ġw Ġmixt Ġmixture at all ea fo hat os Ġi Ġmo
    The be cho do main mall rain Ġ0 Ġ= Ġa Ġn Ġan Ġfo Ġbe
    """
  /// ... its merges, ...
  static let merges: [(String, String)] = [
    ("Ġ", "t"),
    ("h", "e"),
    ("r", "e"),
    ("Ġt", "he"),
    ("Ġ", "m"),
    ("i", "n"),
    ("Ġ", "o"),
    ("d", "e"),
    ("u", "re"),
    ("x", "t"),
    ("Ġo", "f"),
    ("a", "n"),
    ("a", "in"),
    ("h", "o"),
    ("i", "xt"),
    ("l", "l"),
    ("Ġ", "l"),
    ("Ġ", "s"),
    ("Ġ", "w"),
    ("Ġm", "ixt"),
    ("Ġmixt", "ure"),
    ("a", "t"),
    ("a", "ll"),
    ("e", "a"),
    ("f", "o"),
    ("h", "at"),
    ("o", "s"),
    ("Ġ", "i"),
    ("Ġm", "o"),
    ("T", "he"),
    ("b", "e"),
    ("c", "ho"),
    ("d", "o"),
    ("m", "ain"),
    ("m", "all"),
    ("r", "ain"),
    ("Ġ", "0"),
    ("Ġ", "="),
    ("Ġ", "a"),
    ("Ġ", "n"),
    ("Ġ", "an"),
    ("Ġ", "fo"),
    ("Ġ", "be"),
  ]
  /// ... and what they make of `samples`.
  static let theirs: [[UInt16]] = [
    [
      286, 277, 7, 83, 275, 69, 73, 71, 72, 84, 83, 274, 85, 77, 257, 79, 263, 78, 69, 12, 221, 289,
      78, 7, 84, 260, 89, 31, 221, 221, 55, 69, 7, 272, 274, 69, 69, 199, 199, 221, 257, 282, 260,
      89, 7, 259, 293, 14, 18, 21, 221, 280, 67, 72, 14,
    ],
    [
      78, 65, 128, 108, 86, 69, 221, 67, 65, 70, 128, 103, 221, 159, 223, 243, 221, 163, 246, 99,
      163, 251, 106, 165, 104, 253, 221, 142, 225, 141, 114, 141, 119, 142, 224, 142, 225, 221, 173,
      254, 248, 225, 221, 127, 122, 221, 88, 127, 111,
    ],
    [
      198, 198, 281, 82, 221, 8, 73, 294, 293, 27, 284, 221, 28, 296, 27, 221, 11, 11, 73, 9, 221,
      91, 275, 59, 73, 61, 221, 10, 29, 221, 18, 27, 221, 93, 202, 199,
    ],
    [221],
    [221, 221, 260, 221, 69, 78, 68, 221, 221, 221],
    [28, 92, 69, 78, 289, 70, 84, 69, 266, 92, 30],
    [69, 137, 224, 127, 255, 160, 223, 223, 7, 51, 221, 7, 7, 272],
  ]

  /// The vocabulary of 300 that ``TokenizerTrainer`` learns from `text`, loaded by `tokenizers`.
  static let ours: [[UInt16]] = [
    [
      292, 277, 39, 115, 271, 101, 105, 103, 104, 116, 115, 270, 117, 109, 257, 111, 263, 110, 101,
      44, 290, 111, 110, 39, 116, 260, 121, 63, 32, 32, 87, 101, 39, 275, 270, 101, 101, 10, 10, 32,
      257, 283, 260, 121, 39, 259, 286, 46, 50, 53, 32, 282, 99, 104, 46,
    ],
    [
      110, 97, 195, 175, 118, 101, 289, 97, 102, 195, 169, 32, 226, 128, 148, 32, 230, 151, 165,
      230, 156, 172, 232, 170, 158, 32, 209, 130, 208, 181, 208, 186, 209, 129, 209, 130, 32, 240,
      159, 153, 130, 32, 194, 189, 32, 120, 194, 178,
    ],
    [
      9, 9, 102, 297, 32, 40, 105, 287, 286, 59, 279, 32, 60, 291, 59, 32, 43, 43, 105, 41, 32, 123,
      271, 91, 105, 93, 32, 42, 61, 32, 50, 59, 32, 125, 13, 10,
    ],
    [32],
    [32, 32, 260, 32, 101, 296, 32, 32, 32],
    [60, 124, 101, 296, 111, 102, 116, 101, 266, 124, 62],
    [101, 204, 129, 194, 160, 227, 128, 128, 39, 83, 32, 39, 39, 275],
  ]

  /// SHA-256 of the lengths in bytes, one byte each, of all pieces that `ByteLevel` pre-tokenization
  /// with its pattern makes of "a{c}b {c}1  {c}", for each scalar c from 1 to 0x1FFFF.
  static let pieces = "1a164e62c9434166b50eb400fb0baa40a16b6344ba594dc391a04d5253a62cd4"
  /// The same for the scalars of Unicode 15.0 among them.
  static let piecesOfUnicode15 = "dd78a9de6c1e521bc260eea92aa39e22aa1ab4ee9dbb341542db19e3ff198b5e"
}
