package records

import "strings"

// script is the words of one script.
type script struct {
	name string
	// qualities, materials and things make titles in this order, joined by between.
	qualities, materials, things []string
	between                      string
	firstNames, lastNames        []string
	cities, countries, streets   []string
	companies, colours           []string
	categories, phrases          []string
}

// scripts are all scripts; the first one is the default.
var scripts = []script{
	{
		name:       "latin",
		qualities:  list("Rustic Sleek Handmade Compact Classic Modern Refined Gentle Sturdy Vintage Slim Portable Bright Quiet Durable Light"),
		materials:  list("Steel Wooden Cotton Granite Leather Copper Wool Bamboo Ceramic Linen Marble Rubber Silk Glass Paper Bronze"),
		things:     list("Chair Lamp Backpack Kettle Jacket Keyboard Bottle Table Clock Wallet Blanket Bowl Shelf Scarf Speaker Basket"),
		between:    " ",
		firstNames: list("Anna James Maria Peter Zoë Lukas Sofia Daniel Chloé Marek Ingrid Paul Inés Tomáš Nora Björn"),
		lastNames:  list("Smith Novák Müller García Rossi Jensen Dubois O'Brien Kowalski Silva Larsson Brown Weber Costa Horváth Moreau"),
		cities:     list("Riga Lisbon Kraków Zürich Portland Lyon Málaga Bristol Ghent Aarhus Leeds Porto Turin Austin Graz Malmö"),
		countries:  list("Latvia Portugal Poland Switzerland France Spain Belgium Denmark Italy Austria Sweden Ireland Canada Norway Finland Estonia"),
		streets:    lines("Oak Street|Station Road|Mill Lane|High Street|Rue des Lilas|Gartenweg|Calle Mayor|Via Roma|Elm Avenue|Harbour View|Church Row|Park Place|Long Acre|Ringstraße|Kings Drive|Canal Walk"),
		companies:  lines("Northwind & Sons|Baltic Goods|Hollow Oak Ltd.|Café Central|Lumen Works|Fjord Trading|Red Kite Co.|Müller + Weber GmbH|Sunny Side|Tall Ships Inc.|Bright Harbor|Stone & Field|Petit Atelier|Nimbus|Old Mill|Green Lane"),
		colours:    list("black white red blue green grey beige navy brown yellow pink olive teal ivory orange purple"),
		categories: lines("Home & Garden|Clothing|Kitchen|Office|Toys|Outdoor|Electronics|Books|Sports|Beauty|Furniture|Tools|Lighting|Bags|Pets|Music"),
		phrases: lines("It keeps its shape for years.|Ships within two days.|The finish is \"better than new\", says a customer.|Easy to clean and easy to store.|Made by hand in small numbers.|" +
			"Fits most desks.|Please note: colours may differ slightly.|A favourite of small kitchens.|Comes with a two-year warranty.|Works with & without batteries.|" +
			"Weighs less than a kilogram.|Returns are free for 30 days.|Not suitable for children under 3.|Recycled packaging only.|Pairs well with the matching set.|Our most asked-for gift."),
	},
	{
		name:       "cyrillic",
		qualities:  list("Новый Лёгкий Прочный Удобный Яркий Тихий Большой Малый Тёплый Синий Классический Складной Мягкий Узкий Детский Зимний"),
		materials:  list("стальной деревянный кожаный стеклянный медный шерстяной бумажный льняной"),
		things:     list("стул рюкзак чайник стол шарф фонарь кошелёк плед коврик ящик нож зонт шкаф кувшин будильник поднос"),
		between:    " ",
		firstNames: list("Анна Иван Мария Пётр Олена Юлия Димитър Наталья"),
		lastNames:  list("Иванов Петрова Шевченко Соколов Петров Їжакевич Кузнецов Орлова"),
		cities:     list("Москва Київ София Минск Казань Львів Пловдив Алматы"),
		countries:  list("Россия Україна България Казахстан Беларусь Србија Монголия Кыргызстан"),
		streets:    lines("ул. Ленина|вул. Хрещатик|Садовая ул.|ул. Мира|Невский пр.|бул. Витоша|ул. Гагарина|Зелёная ул."),
		companies:  lines("ООО «Рога и копыта»|Добрый дом|Север|Млин|Заря|Мир книг|Сад & Огород|Технострой"),
		colours:    list("чёрный белый красный синий зелёный серый жёлтый коричневый"),
		categories: lines("Дом и сад|Одежда|Кухня|Книги|Игрушки|Спорт|Электроника|Мебель"),
		phrases:    lines("Доставка за два дня.|Хорошее качество, удобно хранить.|Покупатель: «лучше нового».|Ручная работа.|Гарантия два года.|Цвет может отличаться.|Возврат бесплатно.|Подходит для кухни."),
	},
	{
		name:       "greek",
		qualities:  list("Νέα Ελαφριά Μεγάλη Μικρή Κλασική Ζεστή Ήσυχη Όμορφη"),
		materials:  list("ξύλινη γυάλινη μεταλλική δερμάτινη χάλκινη μάλλινη πήλινη μαρμάρινη"),
		things:     list("καρέκλα λάμπα τσάντα κανάτα κουβέρτα ομπρέλα καφετιέρα βιβλιοθήκη"),
		between:    " ",
		firstNames: list("Άννα Γιώργος Μαρία Νίκος Ελένη Κώστας Σοφία Δημήτρης"),
		lastNames:  list("Παπαδόπουλος Γεωργίου Νικολάου Οικονόμου Αντωνίου Βασιλείου Ιωάννου Λάμπρου"),
		cities:     list("Αθήνα Θεσσαλονίκη Πάτρα Ηράκλειο Βόλος Λάρισα Χανιά Ρόδος"),
		countries:  list("Ελλάδα Κύπρος Ιταλία Γαλλία Ισπανία Γερμανία Αυστρία Μάλτα"),
		streets:    lines("οδός Ερμού|Λεωφόρος Αμαλίας|οδός Σταδίου|οδός Αθηνάς|οδός Αιόλου|Πλατεία Συντάγματος|οδός Πανός|οδός Μητροπόλεως"),
		companies:  lines("Αφοί Παπαδόπουλοι|Το Σπίτι|Ελιά & Μέλι|Αιγαίο|Ήλιος Α.Ε.|Νότος|Το Βιβλίο|Κύμα"),
		colours:    list("μαύρο λευκό κόκκινο μπλε πράσινο γκρι κίτρινο καφέ"),
		categories: lines("Σπίτι & Κήπος|Ρούχα|Κουζίνα|Βιβλία|Παιχνίδια|Αθλητικά|Ηλεκτρονικά|Έπιπλα"),
		phrases:    lines("Παράδοση σε δύο ημέρες.|Εύκολο στον καθαρισμό.|Χειροποίητο.|Εγγύηση δύο ετών.|«Καλύτερο από καινούργιο».|Δωρεάν επιστροφή.|Ταιριάζει παντού.|Το χρώμα μπορεί να διαφέρει."),
	},
	{
		name:       "chinese",
		qualities:  list("新款 轻便 耐用 经典 静音 复古 便携 大号"),
		materials:  list("不锈钢 实木 纯棉 真皮 陶瓷 玻璃 竹制 羊毛"),
		things:     list("椅子 台灯 背包 水壶 夹克 键盘 桌子 闹钟 钱包 毛毯"),
		firstNames: list("伟 芳 娜 敏 静 丽 强 磊"),
		lastNames:  list("王 李 张 刘 陈 杨 赵 黄"),
		cities:     list("北京 上海 广州 深圳 成都 杭州 武汉 西安"),
		countries:  list("中国 日本 韩国 泰国 德国 法国 加拿大 巴西"),
		streets:    lines("人民路|中山路|解放街|南京东路|长安街|和平里|文化路|建设大道"),
		companies:  lines("东方贸易有限公司|春风家居|长江电子|明月书店|北极星|万家乐|小橡树|海岸线"),
		colours:    list("黑色 白色 红色 蓝色 绿色 灰色 黄色 棕色"),
		categories: lines("家居园艺|服装|厨房|图书|玩具|运动|电子产品|家具"),
		phrases:    lines("两天内发货。|易清洗，易收纳。|手工制作。|保修两年。|“比新的还好”。|三十天免费退货。|颜色可能略有差异。|适合小厨房。"),
	},
	{
		name:       "arabic",
		qualities:  list("جديد خفيف متين مريح كلاسيكي هادئ كبير صغير"),
		materials:  list("خشبي جلدي زجاجي معدني نحاسي صوفي قطني حجري"),
		things:     list("كرسي مصباح حقيبة إبريق معطف طاولة ساعة رف"),
		between:    " ",
		firstNames: list("محمد فاطمة أحمد مريم علي ليلى يوسف سارة"),
		lastNames:  list("حسن إبراهيم خليل منصور النجار الحداد سالم عمر"),
		cities:     list("القاهرة دبي بيروت عمّان الرباط تونس الرياض بغداد"),
		countries:  list("مصر لبنان الأردن المغرب تونس السعودية العراق قطر"),
		streets:    lines("شارع النيل|شارع الحمراء|طريق الملك|شارع البحر|شارع السلام|شارع المدينة|حي الزهور|شارع القدس"),
		companies:  lines("شركة النور|بيت الحكمة|الواحة|نجمة الشرق|البحر الأبيض|دار الكتب|الياسمين|القمر"),
		colours:    list("أسود أبيض أحمر أزرق أخضر رمادي أصفر بني"),
		categories: lines("المنزل والحديقة|ملابس|مطبخ|كتب|ألعاب|رياضة|إلكترونيات|أثاث"),
		phrases:    lines("التوصيل خلال يومين.|سهل التنظيف والتخزين.|صناعة يدوية.|ضمان لمدة سنتين.|«أفضل من الجديد».|الإرجاع مجاني.|قد يختلف اللون قليلاً.|مناسب للمطابخ الصغيرة."),
	},
	{
		name:       "emoji",
		qualities:  list("Happy😀 🔥Hot ✨Shiny Cool😎 🌿Green 💙Blue ⭐️Star 🎉New"),
		materials:  list("Steel🔩 🪵Wooden Cotton☁️ 🪨Stone Glass🥃 🐑Wool Paper📄 🥇Gold"),
		things:     list("🪑Chair 💡Lamp 🎒Backpack 🫖Kettle 🧥Jacket ⌨️Keyboard 🕰️Clock 👛Wallet"),
		between:    " ",
		firstNames: list("Zoë👩‍💻 Max🧑‍🚀 Mia👩🏽‍🍳 Leo🦁 Ana🌸 Sam🎸 Kim🏄🏻‍♀️ Noa🐬"),
		lastNames:  list("Smith🔨 Fox🦊 Rose🌹 Baker🥖 Wolf🐺 Star⭐ Hill⛰️ Fisher🎣"),
		cities:     list("Paris🗼 Tokyo🏯 Rio🏖️ Oslo❄️ Cairo🐫 Berlin🐻 Austin🤠 Sydney🦘"),
		countries:  list("🇫🇷France 🇯🇵Japan 🇧🇷Brazil 🇳🇴Norway 🇪🇬Egypt 🇩🇪Germany 🇺🇸USA 🇦🇺Australia"),
		streets:    lines("Sunny Street ☀️|Oak Lane 🌳|Beach Road 🏖️|Hill Row ⛰️|River Walk 🌊|Rose Avenue 🌹|Moon Place 🌙|Star Drive ⭐"),
		companies:  lines("Lucky Cat 🐱|Rocket Co. 🚀|Bright & Sunny ☀️|Big Fish 🐟|Red Apple 🍎|Blue Whale 🐳|Tiny Tree 🌱|Night Owl 🦉"),
		colours:    list("🖤black 🤍white ❤️red 💙blue 💚green 🩶grey 💛yellow 🤎brown"),
		categories: lines("🏡 Home & Garden|👗 Clothing|🍳 Kitchen|📚 Books|🧸 Toys|⚽ Sports|🔌 Electronics|🛋️ Furniture"),
		phrases:    lines("Ships fast! 🚚|Love it ❤️❤️❤️|Five stars ⭐⭐⭐⭐⭐|Made by hand 🖐🏽|Warranty: 2 years ✅|Perfect gift 🎁|The family 👨‍👩‍👧‍👦 agrees.|So cosy 🥰"),
	},
}

func list(words string) []string { return strings.Fields(words) }

func lines(texts string) []string { return strings.Split(texts, "|") }

// scriptsOf are the scripts of these names; none: the default.
func scriptsOf(names []string) []*script {
	var chosen []*script
	for i := range scripts {
		for _, name := range names {
			if name == scripts[i].name || name == "mixed" {
				chosen = append(chosen, &scripts[i])
				break
			}
		}
	}
	if chosen == nil {
		chosen = append(chosen, &scripts[0])
	}
	return chosen
}
