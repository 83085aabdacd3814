// swift-format-ignore-file
// Made by make_torchvision_fixtures.py with torchvision 0.29.2+cu132, Pillow 12.3.0.

enum TorchvisionFixtures {
  /// On Pillow images: the four adjustments in each order.
  static let orders: [(steps: [FixtureStep], width: Int, height: Int, pixels: String)] = [
    ([.resize(2, 3, 20, 14, 13, 10), .brightness(1.3), .contrast(0.7), .saturation(1.35), .hue(-0.06)], 13, 10, """
        QrieY/4OOv0NSqz/PnD/Wmn3b1nyk1DMikzFwkvX+lDg/zjX/06+N8jnKLtSOLzUK3b/K3b/Y3n7n4bNlmfeuWXL9njO/2bO\
        /1mr/XikO8X/SMvxU5z/OIj/jqTM6qIk6qAfy6O6um/P9Gm0+mqu/llw+HJ+VdH/Ycroac3ibr/Z3dlm7JYA7JYAkGaFmmGX\
        2YCP+Wt192BY92dnQvX8Nty/TM+1ZNHbjbed2cNqgmpEMjIyRkNAyYx88Yp19m9v83lcOs+SVtfAUdi9brqbg7+kpq6ig313\
        V1VQuruv5eXl5eXl8oRy8YZRMNmTRNKKWtmQfcigndWLs9KOyNR5vMaG5eDX5eXl5eXl7aFe7ZgzQvJ4TN+AS+NgjeF6nuCO\
        z+pvv+NzyN9u5ex66MKA6bdf6qQq65sRu7u7r6+ve7pqa/RdhvJtw+931O5uy+9s4+Ry68FB664s6qEh654X19fXzs7Ols6F\
        YvNebfVSrPF03O5g2u9N7eBM7MQ47boe6qAf65sQ
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .brightness(1.3), .contrast(0.7), .hue(-0.06), .saturation(1.35), .blur(0.46), .flip], 13, 10, """
        /028/z3S80/bxk7Yl1HMk1jTdmDwXWv4Onb9PKbpOuwxUuweQL2T+3Ci/1it/WPJ627NumjOoG/Yn4PJb3rmMHj5J3/2L7O7\
        McJvML7N/XOF/2B++Wer62u1vXHExJau56VF3qZMh5+8PIz0RqDzP77eNL72/3Fv/2xn+3SD2H2Tm2SSlmt55Zgf8Kkfxcl0\
        arnNXMLbVMTgSMv2+4Jn/Xl19JWFyZCFY1dWSURAj3ZJy7lplr2aY8bHTMy6O9XFO+Pl+o9b95N959XS3tjWsK+ma2ldioRz\
        pbGYhsChb8KjUdK0TdS2PdSe96JC9Ktq5tzN5eLZ3NvFuMCDvMt4sc+KmNOOfcybWteSSdWQN9uT96ci9a888MFr7c2F4OR+\
        yN1uwOBuwuRxnN+EheB5V99tV96FTuqD9qkk9q0u87k48MZN4N9py+plzepru+xyhPBrce5ke8NxprmpssO396cc9qwn878p\
        8Mg+6tpN2OlP1OperO5sdfRYavFjks6ExsvF1NTU
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .brightness(1.3), .saturation(1.35), .contrast(0.7), .hue(-0.06)], 13, 10, """
        QLidcOQxcOQxSaHkPmXkWmHkc1nkklDLiUvEwEnW5E/Y5DfO5Ey0N8bkMrpVN7vTMXDkMXDkYW7knYTMmGXdt2TJ5HjH5GfF\
        5Fmh5HmcO7rkR8XkUpDkN3zki6TM5KMx5KMxyaK4tm7N5Gmu5Gmm5Fho5HJ6VMfkYMrkZsvhbL3Y3dlm5KMx5KMxj2aEmWCU\
        2H+M5Gpw5GhY5G5lQOTaNdu+TM2zY9DajbWe2MJrgGhDMTExRUJAyIp65I905HNt5H9cOc6RVda/UNa7bbqagr+ipq2ggnx2\
        VlNOubuv5OTk5OTk5IZw5IlRMdiTQ9GJWtiPfMafm9OKstGOxtJ4usWE5N/W5OTk5OTk5KJc5JoxQeR7S998SeFfjOF4nd+O\
        zORtvuJxx95t4+R65L+A5LNe5KMx5KMxurq6rq6uerhpZuRcfORrvuR2z+RtxuRq4+Rx5LhA5Kcx5KMx5KMx1tbWzc3Nls2F\
        XuRhZeRQpuR02eRg1+RM5NBL5Lo45LQx5KMx5KMx
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .brightness(1.3), .saturation(1.35), .hue(-0.06), .contrast(0.7), .grey, .flip], 13, 10, """
        hYWFfHx8ioqKfHx8ampqcXFxb29vbGxsZ2dnjY2NrKysrKyskZGRm5ubioqKlpaWoKCgiIiIgICAlJSUd3d3aWlpaWlplpaW\
        hYWFnZ2dk5OTgoKClJSUlZWVjo6OsLCwqKioqKiooKCgc3NzhoaGoaGhmJiYj4+PioqKjo6Om5ubdnZ2dHR0qKioqKiozMzM\
        qKior6+vrKysp6enmJiYk5OTpKSkm5ubQkJCMDAwbGxsvr6+pqamsLCwo6OjpqamsbGxnJycoKCg4+Pj4+PjuLi4U1NTfHx8\
        qKioqampn5+fqqqqra2tmZmZo6Ojra2t4+Pj4+Pj3t7eurq6w8PDwMDAurq6q6urqampnp6enZ2dqKioqKiot7e3wsLC19fX\
        ycnJysrKzs7OwcHBu7u7paWlp6enp6enqKioqKioq6urtra21dXVzMzMz8/Py8vLtra2rq6unJycra2tubm5qKioqKiosrKy\
        tra2xsbGzs7O0dHRxMTErKysrKyss7Ozzc3N1tbW
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .brightness(1.3), .hue(-0.06), .contrast(0.7), .saturation(1.35), .blur(0.64)], 13, 10, """
        QMKPS+M1Pd5POaTcPXj6XGz0emPpklrUnlTMyVLV8U7Z/EPN/0+7M73DNcKCM7KyLInvP33wdX7YnYDDpHHQt2bL5GnK+GHE\
        /lqs+mqkN8DvP73ZQ6bqRZPrhp63zqFe259Xv4ylvHG9526y+Gik/WOE+3GGRszxT8bdWb/ZbLfKt75+5Kky1pUum29ynmaP\
        1nqS9nSD/m1u/nFuPN7cQdTFUMy+aMW/mL2Vwa9plXxLXlJKdmNmx4+J7pSJ+X90+n9nPdamSdSxVNGwbsOmi7+cpLCOjotx\
        eXdnq6me2MzI6MnB9Zl/+Y5eOtySSdeSXNeTe82Wl9GPsM2GtsV6tr6D1dW15NzM6NS78axt9qBFVuSKXNqFYNxzgd57m9+B\
        u+B1wN1vx9tx396A686E78Ft9K9B9qgpqMaynr+jfcl2dehniOxrtepwyudozuVj4N5l7MhP8ro99awu9agkztHOv8y8ktGG\
        buxlePFbqO1pz+le1+dQ5txN78o98b0q9a0m9qYe
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .brightness(1.3), .hue(-0.06), .saturation(1.35), .contrast(0.7), .flip], 13, 10, """
        40u64zXV40zgwEnWjE7HlVPOcV3jW2njNm3jPabjO+MxWuMxPbab43ah41ap42PL43XLuGXJmGfgn4bOYHXjMXHjMXHjMbLK\
        MbtSMbzc43WF41tz42eq42eytm/OyaG346sx46sxiKDHMYPjRpbjPcDjMbvj42xs42dg42552oKQmF+UjmWD46Ax458x2tNj\
        ZrjSYMLaWMTeSsjj44Bk43Nz45F6y5B9REI/MTExg2xG2cRsjLadXMnTScuxMde5NuPj441Z44h24+Pj4+PjubqvV1RPg3x2\
        pa2fgsCibrqaTdS4UdO9O8+S46A746dk4+Pj4+Pj497VuMOCxNB1r8+LmtKKfMefW9mRRdKLMdmT46Yx4600471l48aE4ON1\
        xNtpu95tyeNpnN6Mi994SuNgTeB9Q+N546gx46sx47U048RE3+BtxuNlz+NpvuNygONqbuNbebdnra2tubm546Ux46ox474x\
        48c749xJ1eNG1+Nbp+NvaeNOYuNelMyDzc3N1tbW
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .contrast(0.7), .brightness(1.3), .saturation(1.35), .hue(-0.06)], 13, 10, """
        RbykYf8LOP8KTa3/QnP/XWj5cVz0llPOj0zHyE/a/FLm/znX/06+OsrpK79ROb/XLHb/LHb/ZHb+oInQmGjhu2jN+HzO/2nT\
        /1qs/3qmP8L/Sc/2VJz/Oon/jqjO/60e/6sZzKa7vHDS92y6/Gyw/1ty/3ODVtX/ZNDrbM3lccHb4Nxp/6IA75gAk2mHm2OW\
        3oOS/G57/GNc/2ZmRff9Ot7FUNG3Z9TekLqf28ZwhW1HNTU1SEVCy4x7/4Z2/29v/3ZbPdGUV9vEVNvAcLydhcGmqrGjhX95\
        WVZSvL2x/////////31w/4RTMtuVR9SNXNySgMmindeOttaQytZ7vsmI+PvT/////////5te/5IyR/N7UOKDTOdijeR8oeOR\
        0exywuV2y+Jw6fN7/+h+/r9c/KUq/5wPvb29srKyfrxtbv9bhv9qyfx52fdw0Pps6Ol0/uFB9sAu+Zwj/6QU2tra0dHRlNCH\
        Zf9dcP9Prv9y4v9d3/9J//1K/+U1/9cb/7wb/6YL
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .contrast(0.7), .brightness(1.3), .hue(-0.06), .saturation(1.35), .grey, .blur(0.82), .flip], 13, 10, """
        k5OTkJCQkpKSioqKf39/fn5+f39/e3t7e3t7jIyMnZ2doqKim5ubnZ2dmJiYmpqamJiYjo6Oj4+Pk5OTjIyMgoKChISEkZGR\
        l5eXmZmZnp6emZmZnJycm5ubk5OTnJycqampqqqqnZ2dkJCQlZWVnZ2doKCgnZ2dnZ2doKCgmZmZg4ODg4ODnZ2dsbGxs7Oz\
        pqampKSkp6enqqqqoaGhpqamsrKypqamfHx8ampqh4eHrKyssbGxq6urqampqqqqrq6uqampt7e32NjY19fXra2thoaGkpKS\
        q6ursLCwrKysq6urqqqqp6ensLCwwMDA4uLi6+vr2NjYubm5t7e3vb29urq6srKyra2tqampp6entbW1vr6+09PT4ODg3Nzc\
        z8/PzMzMy8vLxMTEubm5r6+vrq6usbGxt7e3v7+/zc3N2dnZ29vb2dnZ19fX09PTycnJvLy8sbGxt7e3vr6+u7u7x8fH09PT\
        3d3d4eHh39/f3Nzc1NTUx8fHwMDAubm5xsbGz8/P
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .contrast(0.7), .saturation(1.35), .brightness(1.3), .hue(-0.06)], 13, 10, """
        Q7ykXf8FPv8KTK3/QnP/XGf4cVz0llPOjEzIyE/a/VPj/znX/06+OsnoK79ROb7WLHb/LHb/ZXr+oojQmGngu2bN+HzQ/2nP\
        /1us/3qmPsb/SM71VJz/Oon/j6bN/60d/6oXzaa6uXHR9mq5/Guz/1ty/3ODV9L/ZM3ras3mcMDb39tq/6IA75gAkmmGnGKZ\
        3IOS/G57/GNc/2ZmRPb9Od7FUNG3Z9TekLmg28VvhGxHNTU1SEVDyo58/4Z2/29y/3ZbPtKRV9rDVNq/b7ychMGnq7KjhYB4\
        WVZRvL2z//////36/35x/4RTMtuVRtOMXNySgMmindaOtdWQx9V8vsmI+PzT/////////5Zd/40xRfN6UOKDTeZijeR8oOOQ\
        0exywuZ0y+Jw6fN7/+h+/r9c/KUq/5wOvb29srKyfrxtb/9chf9pyf131/hyz/lr5+h0/uFA9b8t+Zwj/6MT2tra0dHRl9CH\
        Z/9bbf9Lrf9x3v9b3v9G/f9I/+U1/9wX/8Eb/6YL
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .contrast(0.7), .saturation(1.35), .hue(-0.06), .brightness(1.3), .flip], 13, 10, """
        /0/J/zrk/VPjyE/ajEzIllPOcVv0XGj4Qnr/TLP/RP8Lc/8GQ7yj/3qw/1u2/2nS+HvRu2bNmGjgoojQZXf+LJH/LJH/Ob3W\
        Kr9RO8no/3OJ/1x3/Gqy9mu5uXHRzaa7/68X/64dj6bNO6H/Var/SM71P8n//2Zm/GRc/G173IOSnGKYkmmH75gA/7sA39tq\
        b8Hba83mZM3rWNr//21b/293/4R3yo97SEZDNTU1hG1H28VukLmeZtPeT9G3Od7BRvb9/35T/3tx//36////vL2yWVdRhYB4\
        qrKjhMGmb7ydVNq/V9rDPdKR/4gy/5Fe////////+PzVvcmIyNV8ttWQndaNf8miXNySRtOMMduV/5YP/KYq/r9c/+h+6PN7\
        zOJxweZ00exxn+OQkeR+TOZiT+KDRvN6/54T+Zwj9b8u/uI/5+h20Plt1vhyyf14jf9pdP9dfrxtsrKyvb29/6UL/9Ac//8X\
        //w2//9I6P9G6/9ctv9xe/9Lbf9cltCH0dHR2tra
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .contrast(0.7), .hue(-0.06), .brightness(1.3), .saturation(1.35), .blur(1.0)], 13, 10, """
        RcuIR9ZpQsuAPajISYfsZ3XrhGzgmmPWsF3S0VrT71XT+1LM/lPDPMWzPsedPruwQKPWWpHag4nGn4G8rHXDvWrI3GbI82HB\
        /V61/2KtPcTdQcDRR7XVV6nUhKexs6SEwpd8uYOZwHOv3XCx9Guk/WqV/22PQ83oScjdVcDVcLvCoLqSxrFfwJZUp3tyrXKO\
        03qX8XqP/XR//3N4QtjTSdLLWMzDc8a1mr+Ts7Bto49bjXdlnn+Cz5eZ8JeW/Yd//31vQtqxStewW9KtdMunkcSYpbaDnZ5y\
        mJV2s6uZ38W39r6v/p+E/41lSdyZUtqYY9iWe9SUltKPq8yFscJ8ucOD1NSg7+G1+9Kl/7B0/5xQaNqWadiPcNqEgeB/muN+\
        tOJ5wt90zuF34+aC9eOF/dBx/7dP/6k2ndCtk9CdhdiDhOlxl/JttfNszPFo2fBk6u5g9+VV/dRD/8Az/7Mnwc/Dsc+ulNmJ\
        he5skfljs/tk0fle4vhW8PVM+u49/uAt/8sl/7sg
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .contrast(0.7), .hue(-0.06), .saturation(1.35), .brightness(1.3), .grey, .flip], 13, 10, """
        j4+PhoaGlZWVg4ODcXFxeXl5eHh4d3d3cnJylJSUqqqqtra2kpKSpqamlZWVoqKiqampjY2NiIiImpqaf39/dnZ2dnZ2kZGR\
        h4eHmZmZoqKikZGRnZ2dm5ubkpKStLS0v7+/v7+/oKCggICAj4+PoaGhnJycmpqamJiYnp6eoqKieXl5eHh4ra2tv7+/zs7O\
        pqamrKysq6urrKysnp6eoKCgra2toqKiRkZGNTU1cnJyxMTEq6urrq6upaWlpqamuLi4p6enp6en/v7+////vLy8WFhYg4OD\
        ra2tra2toqKirKysra2tn5+fqqqqtbW1////////9fX1vb29xMTEwsLCvLy8sLCwr6+vo6OjoaGhsLCwu7u7zc3N5eXl39/f\
        y8vLy8vL0tLSxcXFvr6+q6urrKyssrKytbW1tra2xsbG2NjY19fX2dnZ29vb2tray8vLwsLCoKCgsrKyvb29uLi4zc3N5OTk\
        5eXl6enp4eHh5OTk19fXwsLCwcHBtra20dHR2tra
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .saturation(1.35), .brightness(1.3), .contrast(0.7), .hue(-0.06)], 13, 10, """
        QLidcOQxcOQxSqHkP2bkWmHkc1nklE7KiUrDwUvW5E/b5DbN5EqzN8bkMrpSN7vTMXDkMXDkYW3kn4TLlWXdt2PJ5HnH5GfF\
        5Feg5HaaO7rkRsTkUY/kN3zki6PK5KMx5KMxyaK3tm7N5Gmu5Gmm5Fho5HB4U8fkYcrkacribL3Y3dlm5KMx5KMxjmWDmWCU\
        2YCM5Gpv5GdX5GljQeTaNdu+TM2zY8/ZjbWd179qgWlDMTExRUI/yIl45Ipy5G5r5H1ZOc2QU9a/Tta7bbqYgr6jpa6ggnx2\
        VlNOuruv5OTk5OTk5INt5IdPMteTQ9GJWtiPe8afm9OKs9KOxtJ3usaE5N3Q5OTk5OTk5J5Z5JYxQuR7S998SeJeieB4nd+O\
        zeRvvuJxyN9s4OR55MB75LFZ5KMx5KMxurq6rq6uerdpYuRZe+RnvuR0z+RsxuRp4+Ry5Ls95Kcx5KMx5KMx1tbWzc3Nls2F\
        WORYYeRIo+Rv1eRY0+RD5NNG5Lwy5Lwx5KMx5KMx
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .saturation(1.35), .brightness(1.3), .hue(-0.06), .contrast(0.7), .blur(1.18), .flip], 13, 10, """
        41St4FK211XBxFjHrFvJl2HLgmjNam/RVX7PTZi6TrSYTMOLScSS412a4luj2V2xyWC7tGW9pW24lnayf323ZYfCU5nATK+w\
        SL6oRcKt42aA4maJ2meYymqlt26lrXiXqoaJnJGQgJmrYqPAULDGSb3GRcLK43Bt4XJ32HWGxHWQq3OKo3l4q4psqp52k6uY\
        cLS5WLzKTcXOR8jS431j4YRz2I2HwIuPo4GBln5uno5no6V1k7eTdMGuW8i+Tc7CRtDE44xb4phz26iQyKubrqCLnZd3nZ9y\
        nrJ+j8CRdMmhW8+pTNOrQ9Wr45lO46Vn4LeH1sGXw76PtLl/rLx5pMZ/kcyJd9CQYdKUU9OWTNWY46E/46lQ47ho3sZ60858\
        x9J2utR0qdd2ktd6e9Z+bdOFatGPadGW46M146k847RJ4MNX2tFgz9tkv99op+Bqjd5rfNlyftGCi82YlM2m46Qx46kz47M5\
        4cFD3NBO0txXvuFfo+NhhuFie9psi9CFo8uks8u3
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .saturation(1.35), .contrast(0.7), .brightness(1.3), .hue(-0.06)], 13, 10, """
        RbyhfP81fP81Tq7/QXL/Xmz5cl30mVPOjE7GxE7Z/VHn/znX/06+O8noNb1VO77WNXz/NXz/ZHb9oojQmWngu2nN+HzQ/2nP\
        /1mv/3qmPsb/S870VJz/Oon/kKfO/7U1/7U1zaa8vHPR9mu2/Wuw/1ty/3KDV9L/ZM3ra83mcMDb4Nlp/7U17ao2kmmGnGSZ\
        3IOS/G57/WFZ/2ZmRfz+Ot/GUNG3ZtXckLmg28VvhGxHNTU1SEVDzI18/4Z2/25u/3dcPdGUV9rDVNq/b72dhcOlq7KjhYB6\
        WVdTvb+y//////78/35x/4BTNduXR9WNXduSgMmindeOttaQytZ7vsmI9/rU/////////5lc/481R/R8UOKDTeZmjeR7oOOQ\
        0exzwuZ0y+Jw6vR7/+h+/b9c/as2/6w1vb29srKygLttb/9chf9pyfx42PZw0Pps5+h0/+JB9sI1+qU2/7E12tra0dHRl9GH\
        Y/9bbP9Krv9y3v9b3/9H//1I/+U1/+U1/8g1/7U1
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .saturation(1.35), .contrast(0.7), .hue(-0.06), .brightness(1.3), .grey, .flip], 13, 10, """
        kZGRiIiIlpaWgYGBbm5udXV1dHR0dnZ2d3d3nZ2dxMTExMTElZWVqKiolpaWoqKiqqqqjY2NhYWFmJiYgICAfHx8fHx8mpqa\
        iIiIo6Ojnp6ej4+Pn5+fnZ2dk5OTtLS0wMDAvr6+pKSkg4ODmZmZq6urpqamlZWVj4+PmZmZn5+fe3t7eXl5sbGxyMjIz8/P\
        q6urs7OzsbGxtra2l5eXmpqap6enn5+fRkZGNTU1cHBwwsLCqqqqtbW1p6enq6urw8PDoKCgoaGh////////vb29V1dXgYGB\
        rq6urq6uoqKir6+vsLCwnp6eo6Ojq6ur////////9fX1vr6+yMjIxMTEvr6+rq6ura2toqKioqKis7Oztra2xsbG5eXl4+Pj\
        z8/Pzs7O1tbWxcXFvr6+qampq6ursrKyuLi4srKywsLC2dnZ29vb3d3d3t7e3d3dzMzMw8PDoKCgsrKyvb29u7u70tLS6Ojo\
        5+fn6urq4+Pj5ubm2dnZwsLCwcHBt7e30dHR2tra
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .saturation(1.35), .hue(-0.06), .brightness(1.3), .contrast(0.7), .blur(1.36)], 13, 10, """
        TceYUMOZUrekVaS6X47IcX7LhnHJm2jIsWDJxVvJ11fG4FfA41a6S8esTsKtU7ezXKe7bJe9gom2lXyzpHG1tme6x2G82F63\
        4V2u5FyoScnETcTDVrrBaK+7f6SrlpiZo4mSq3qZt3CjyGqm2Geg4WWV5GSOSM7NTsnLW8LEcrq1jLCcoKKDppB5p4GAsXmO\
        xHeU1nWO4XGC5Gx5R9LCT8/BXsq6dsOrkLmUn6p8opdxoot3romHwoyP1oiJ4YB45HhrSNWuUNOtYc+od8qej8KPnrV/o6d2\
        p6F7tKOKyKaS2aCI4pJy5IZhU9SdWtOaZ9KVe9CPkcyHo8V/rr56t71/xL+I07+M3rR/46Nn5JZUbdGabtGTdNOJgdWBldZ7\
        qtV3u9N1yNN309N53M924cFo5LBU5KRGj86kis+Xg9OGh9h3mN1vr99sxN9q0t9o291j4dZb48pO5LpC5LA5qMyvnc2ej9OG\
        i9lymN9nsOJkx+Nh1+Jc3uBU49lK5M4/5ME45Lc0
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .saturation(1.35), .hue(-0.06), .contrast(0.7), .brightness(1.3), .flip], 13, 10, """
        /07I/znk/VPnxE7ZjE7GllPOclz0Xm35Qnj/TrT/hf81h/81RLyi/3qv/1u5/2nR+HvRu2jNmWngoojQZHb9NYf/NYf/Or/W\
        Nb1VO8no/3OI/1ty/Wuw9m23vHLRzaa8/7s1/7c1j6fOOpX/VKn/Ss70Psn//2Zq/WJZ/G533IOSnGSYkmmH7as1/8g14Ntq\
        ccHba83mZdDrWNb//25c/25y/4R2zI18SEZDNTU1hG1H28NukLmfZdLcT9G3Od/BRPj+/35T/3tx//79////vb+yWVdThX96\
        qrKjhcOmb72dU9q/WNrEPdGU/4k1/5Bc////////9vrTvcmJydZ7ttaQn9eNf8miXNuSR9WNNduW/6U1/ao1/b9c/+x/6fR7\
        zOJvweZ00exyoeORjeR8TOZiT+KAR/R7/641+qU19sE1/+JB5+h00Ppr2fZvyfx4jf9pdP9cfrttsrKyvb29/7M1/9o1//81\
        //02//9K6P9H6/9bt/9yd/9Kbf9cltGH0dHR2tra
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .hue(-0.06), .brightness(1.3), .contrast(0.7), .saturation(1.35)], 13, 10, """
        QLifc/YFQvoKQab/OG//XWn4c132l1TQjU/Jw0vY+E7j/zfi/03HL77dK71UL7PLG4j/G4j/Ynf6oofPmmnhumbL9XfO/WTO\
        /1iy+3iuMLv/PsPoR5z/K5L/iaHK87ws8r8oyqO6uXDQ9Gmz+Wiw/111/HeMTMr5WcbgYcTcabjU3Nhl8sgC+aIKj2eDmWGV\
        3IOR/nB9/2hh/m9yOOvyM9i/ScyzXcvUjree28ZvhW5IMzMzRkVCzZB/+Yt9/XV9/XlnPtGUVNS9T9W6b7ycg8GlqK+hhH53\
        WFZQu7yw5eXl5eXl+oV5+4hdMtuURtWMXNqSfsmhm9SKsdGMxdF3u8WD5eXX5eXl5eXl95to+ZU/RPR6T+KDS+VhiuF5nd+O\
        y+ZtvOFxxN1q5eh46OiB78hm9LE296Ydu7u7r6+verlpdfNdkPBrxOtz0+przOtn4eJu6+NC8cY096cu9q4j2NjYz8/PlM6E\
        cfNefvNOte1w6elb6OlH6elJ6uo46+sb7tci9bIZ
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .hue(-0.06), .brightness(1.3), .saturation(1.35), .contrast(0.7), .grey, .blur(1.54), .flip], 13, 10, """
        jY2NjIyMioqKiYmJh4eHhYWFhYWFhYWFh4eHi4uLkJCQlJSUl5eXj4+Pjo6OjY2Ni4uLiYmJiYmJioqKjIyMjo6OkJCQk5OT\
        lpaWmZmZk5OTkpKSkZGRj4+PjIyMjY2NkZGRlZWVl5eXmJiYmZmZmpqanJycmJiYmJiYmJiYlJSUkJCQkJCQlZWVnJycn5+f\
        oKCgn5+fn5+foKCgn5+foaGho6Ojn5+fmJiYlpaWmZmZoKCgpaWlpqampaWlo6Ojo6Ojpqamq6ursLCwra2tp6enoqKio6Oj\
        p6enq6urq6urqKiopqampaWlrq6us7Ozu7u7vLy8uLi4s7OzsbGxsbGxsbGxr6+vrKysqampqamps7Ozubm5wcHBxsbGxsbG\
        wsLCvr6+u7u7t7e3s7OzsLCwrq6ur6+vt7e3vb29xMTEysrKzMzMy8vLx8fHwcHBu7u7t7e3tbW1tbW1t7e3ubm5vr6+xcXF\
        y8vLz8/Pzs7OysrKxMTEvb29uLi4uLi4ubm5vLy8
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .hue(-0.06), .contrast(0.7), .brightness(1.3), .saturation(1.35)], 13, 10, """
        Qrqhcf8CQf8HQqf/O3H/X2r6dl/4mVfSkFDLxU7b+lDl/zji/03GMMHeLMBXMbXPHIr/HIr/Ynn+pIrSmmvlvGjN9nrP/2fP\
        /1iz/3mtM77/QsXsSJ//LJP/i6PK/7ws/70ozKa9vHLT9mq1+2qz/2B3/3eNT8z/XMfjZMffa7vU3tpo/8gB/KQMkmiGmmOX\
        4IWU/3J//2tk/3F0O+3zNdrCTc62X83Xkbug3cZxiHFKNTU1SEdCz5R//4x+/3Z9/3hnQNOWVte/Udi7cb6dhcKnqrGjhn96\
        WVhSvb2z/////////4V5/4hdM92XSNWOXt6VgMujndaMstSOxtN5vceH9vrT/////////5pp/5U+SPR+UeSFTelkjON7oOKQ\
        zuhvwOFxyN9s5fB5/+qC/8dm/7M4/6Ydvb29srKyfrtsc/9cjP9pxPl01PNszPZn4uVx/+RC/cY2/6gw/64j2tra0dHRls+F\
        bv9de/9Msf9t5/9Y5/9F//9F//o1//8X/9ci/7AZ
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .hue(-0.06), .contrast(0.7), .saturation(1.35), .brightness(1.3), .flip], 13, 10, """
        /0zG/zfi+lDjxU7aj1DKmVfRdmD4YGr5OnH/Qqf/Qf8Ga/8AQbmh/3es/1iz/2jQ9nrQvGjNmmvkpYnSYnr9G4n/G4n/MLbO\
        LMBXMcHf/3eM/2B3+mqz9Wm0vHLSzKa8/7wn/7ssi6PKLJL/SJ7/QcXrNL3//3Fz/2pk/3KA34WUmmKWkmiF/KUL/8QA3tpo\
        a7vVZMbfXMbjT8z//3hm/3Z8/4x+zpKASEdDNTU1iHFK3sZxkLufYM3XTM62NdrBOu3z/4hc/4R4///9////vb2zWVhRh396\
        qrCihMOmb72dUNe8Vde/P9OV/5Q+/5po////////9vrTvciHxtJ4stONndWMgMqjXd6UR9aNMtyW/6Uc/7I3/8hm/+uC5vB4\
        yN5tv+Jyzehvn+KQjON8TuhlUOOER/R+/6wj/6kw/MY2/+RC4+RxzPVo0/NrxPlzi/9oc/9cfrtrsrKyvb29/7Aa/9Yh//8T\
        //o0/v9D4/9C5P9UsP9rd/9Hbf9bls6F0dHR2tra
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .hue(-0.06), .saturation(1.35), .brightness(1.3), .contrast(0.7), .blur(1.72)], 13, 10, """
        QcCgQ7ukR7GrUaK1YZK9dYPBinfBn27BsmXCxF/D01u+3Vm54Vi2QcCtRLuvS7KyWKa0a5i1f4qzkn6xpHSztWu1xWW302Gy\
        3mCt4l6pQsK8R767Ure4Y6yyeKGqi5Wgm4icqHyetnSjxW+m02yi3mqd4miYRMfCS8S/Wb25bLWtgquelJ+QoJKJqoeMtoCS\
        xX2Y03qU3XeN4nWHR828UMq4X8Wxc7+liLWVmKqGo55/q5WCt5CJxY+P04yL3YeC4oN5TtGvVs+rZMykeMeai8CNm7aBpq18\
        r6d+u6WFyaSJ1qCD3ph345JtXNOiYdKebdCXfc6Oj8qFn8R9rL95uLx6xLp+0bh/27J34Khq46BfctKec9KYedOOhNSElNN7\
        pdF1tc9yw85yzsxy2Mhu379l4rRZ5KxQis+hh9GXh9SJjNd8mdpyqtpsvNtoy9pm1tdi3tFc4chS471J5LVCm86mldCakNSI\
        kdl4m91srd5lwOBg0N9c2txW4NZO48xG5ME/5Lo5
        """),
    ([.resize(2, 3, 20, 14, 13, 10), .hue(-0.06), .saturation(1.35), .contrast(0.7), .brightness(1.3), .grey, .flip], 13, 10, """
        j4+PhoaGk5OTgoKCcXFxd3d3eHh4d3d3cXFxk5OTrq6uu7u7kpKSpqamlJSUoaGhqampjY2NhoaGmZmZgoKCfHx8fHx8kpKS\
        ioqKmpqaoaGhkpKSnZ2dnJyck5OTtLS0wcHBwMDAoKCggoKCj4+PoaGhnJycnJyclpaWnp6eoaGheXl5eHh4sbGxxcXFzs7O\
        paWlq6urqqqqrKysn5+foKCgra2toqKiRkZGNDQ0c3NzxcXFqqqqra2tpKSkpqamuLi4p6enqKio////////vLy8WFhYgICA\
        rKysra2to6OjrKysra2tn5+fqqqqsrKy////////8/Pzvb29xMTEwcHBvb29r6+vr6+vo6OjoqKisrKyu7u7zc3N5OTk39/f\
        ysrKy8vL0tLSxcXFvb29qqqqrKyss7Ozt7e3tbW1xsbG2dnZ1tbW2dnZ29vb2tray8vLw8PDnp6esLCwvLy8ubm5z8/P6Ojo\
        5OTk6enp4eHh5OTk19fXwcHBwcHBtra20dHR2tra
        """),
  ]

  /// On tensors of bytes, which torchvision computes by code of its own.
  static let tensors: [(steps: [FixtureStep], width: Int, height: Int, pixels: String)] = [
    ([.resize(2, 3, 20, 14, 13, 10)], 13, 10, """
        JniIAP8AAN4hJ0HHKhfFWja1djeziy+VgimNnCuEvTJ31hxj2jBWGluoEoleGFaYAAD/AAD/Wj26jmOdkUWnlkSHwFp6xUlx\
        2DtN4VpaHVDJKWK0KzXQEBTuZWea4t0i6OQfoIGHnE6Su0pfwEpYxVg/0nJXN2rIQnKwSXWtTG2kl7ZV//8AxcUCYD5KaDpV\
        qm5hxW9Rx3pD1ntPK4fCIo6oM42eRnynbo+GpbNaVlUkAAAAFhUSnoVe2JZg131W449KJ6CaPZKoOZWnUZCOZZeSfoh9WVZP\
        KSkkkpeN9PLs9+rg15Fb2J1DH6miL6STRa2XYZ6Ub6t3fKtyhqphgZ9qyti4/////Pfv5LJQ5rYtNMKSObKOOLR3YbZxc7eA\
        hcBcerlcgbZZnspoxdlw2NZV1Mwp6s8TlpaWioqKS4xWStZqV+Rtfs9jistcgM1Zm71ftNY6vs0q0MUh4dMYtra2rKysaKNx\
        TOh2P/VaaONfjOxRg+9AoeVCsOMzsvEbx+Ae3NgR
        """),
    ([.resize(4, 1, 11, 15, 24, 26)], 24, 26, """
        Ow/EQA7JSwzVTwvcOw7VKRLNNB3BPye0XiDBgBjSfxbMbRe7bBu1eyK6gyK7fRK0eASufgKthACtjgCqmAGmmwaZnA2JnBCD\
        JWd8KGZ/MGWHMmSMJmaHGmeEMUujSC/CWyXNbR3VcRzPbh7CcR66eRu2fxixfhOsfg2ohQetjACxkQqmlhSamRmQnRyInh6E\
        A/ELBPEMBPEMBfENA/EMBO0QLZV1Vz3ZVivhTiXZWibTcCnNeSLCdxCweAijgBSgiByfkQ+rmQG4lhigkjGGlzWCnzSFojOG\
        AP8AAP8AAP8AAP8AAP8AAvsFLJ11VT7mUCjdQh7BSSG5WCu7Yyu2aiOsbiCpbCi0bS29fR61jA6ujh+ckDOKjTWFiTSEhzOE\
        AP8AAP8AAP8AAPwDAPEOAuMdJo6HSznxQyLcNRSzNRqqPCexSTCxXDSsZjivXj3EWT/SbS67gB2kiCabjzCShTOLdjOFcDOC\
        AP8AAP8AAP8AAO0SAJ5hAVKtDjPUGxX6GAzyEwfjEwngFg7jKBrWSi28Zj6pdEmpgFGohEGniDGmkC6jmSugkTGVhDqIfj6D\
        AskoBconDcsnErc9CVmgAAD/AAD/AAD/AAD/AAD/AAD/AAD/Fw/sRCzHakWogVaXlGOLkFeci0uukUCtmDSrljedkT2Kjj+D\
        BUyDEE6CLFOBO02NHSbIAAD/AAD/AAD/AAD/AAD/AAD/AAD/GhDuTTHNdE6uhGOSkXR+jXCfiWy/iF+7iFK2kUajnTmMojSC\
        DU2cGEmgNUGnQzS2IRnbAAD/AAD/AAD/AAD/AAD/ICDfT0+wd3GOloV7rpdotqRWva9Juq5fuK11oZCMinGjj1yhnUqZokKV\
        F4OaH3ejM1q4Oz3OHR7nAAD/AAD/AAD/AAD/AAD/Tk6xwcE++/oF/PsE/PwD/fwD/fwC/fwD/fwEycdCkpCEjXWdlmOrmlux\
        RlybRlukR1i5Q1PLLkPPGzTTKTzONkTJN0HKNj3MdXmN0dIv//8A//8A//8A//8A//8A//8A//8A0L5Dn3qKk16jk0+uk0iz\
        YkybXlKjVmG1TGvCP2a3M2KuSWunXnShXXSgWXKgjJ5u2d8l//8A//8A//8A//8A/f0A7e0A3d0AuJ09kVp8hEKQfTaYezGb\
        OZOWP5GaTY2jVoioS36kQHShSGqmT2CrRHCgNoSScq5h0OQg//8A//8A//8A//8A9PQAoKAATU0APTQUMB4pLBYwKhIzKRA0\
        HqOcJ6KbO56bSZibRomcQnqcRXCmSGawPnSlM4WYZKNxssY+2dsm2eIo2uUn3OAh0M4aamkNBQUBAAAAAAAAAAAAAAAAAAAA\
        EX2qFYOnHpSfJ5uZL4edOHOgQX2nS4auTYCwTneyYXudfYR+jJNxjqd3kbB0lqFikYtOSkcoAwMCAAAAAAAAAAAAAAAAAAAA\
        KYS2KImzJpWtJpqnMIqiOnyeRYSdUI2cT4uhTYmnXIahc4OVfoWMeoyFeo99fYh1eXpoPj41AwMCAAAAAAAAAAAAAAAAAAAA\
        TJm/Rpm+OJm9L5e5N5CpQImaS4qPVouFTpaKQ6KQVqCXdpafgoqXeHx/cnVydHt6bnh5Oj8/BQYFAwMCAwICAwMCAgMCAgMC\
        QoyUQI6YOpGiN5aoQp2iTKScUpiQWY2DW5CCXZWDZpmIcp2PepuMfZN9g4x0j4R1lHx0dGxgVFtNU1NLVEpLUFFES1w6SWE2\
        Mop+M42DOJSPPpyZSqqdVragWKOUW5GIZo+AcY95cpp7bamAca2AfaZ5i550m5Nwp4ptlpVwhaBzh5N2ioV6ho5wgZ1ifqNc\
        D5+bGKOYLqyQQrSNT7SZW7SkXKeiXZqgapqOeZx5daxyZ8JyZsRycLFye6Zwh6trjrBlfbdYbL1LdbBbf6JthKJqiKViiqZe\
        GrqpILujL7+TPcCHSbyLVLePXK+SZaeVbaSJdqJ5dLB2bsZ3cMlyeLplfbFee7dleb1odL5Vb79CdLZTea1lgq9hjLRYkbZU\
        R9qtQ9anOM2XMcWHOsF2RL5mW7trcbhwcK50aqF5camCf7uMicJ9j8BVjL1Dd7lfZrV1d7Fih61QgKtYeKlggLZWjshGlM8/\
        SJN5Q490N4VoLoZfL6phMcxjTMJdZ7hXaLhpZLp/bb6EfcOBiMV0jsRcjsROfsZYc8Zggb5ZkLZSh7hafLpihL9bk8VPmchK\
        SEhIREREOjo6MUU4KpNPI9xlPspWWLdIXcRjX9eEZ9iCctFvfcxmh8lmjMphiNJThdhIjc5OlMRVishbf81iiMhgmMFcnr5a\
        m5ubj4+PcHBwWGhYUqpWTelVSN9nQ9V5S958Vep8Uu1tSexXU+RVctRoiMhwjcdgkMdUicpkg850eM5ibs9PfdBQlNJXndJa\
        0NDQvr6+k5OTcH5tbLlaZ/FLT+1xNumYQO6MT/Z3RfpgLv1HOfNLZdtqhsh5kMBol7xch8hxeNOHbdJmY9BDdtVGktxUnd9a
        """),
    ([.resize(0, 0, 24, 18, 9, 5)], 9, 5, """
        wBU0W2w8M1iZXx3BgBiulxqYwBOC2BBr6xlpIU29H4GBGEe5W0+qoXp3lkeJu0du00lT7FJXH367MIOwP3iokKdogoEsVENI\
        xpF81YRR5olBLamgPKWUTamGcrB4d6FclrJ14uOl375C67clipiUg5OMU8dvWuZiguFTmd5FvuIp1dwc7N4X
        """),
    ([.brightness(0.63)], 24, 18, """
        oAAAoAAAoAAAoAAABwBnJBGIKwCQVgB/RwB9GhttUgtzTA9pRwCPVgB7QABfZwpphwBRkABKdwBViAA+iwxCoAU9jxRVoAA8\
        oAAAoAAAoAAAoAAAJQl7NAaLGQuBKBlwVw2HPw9wUxh3SgJtUwBsYQBnYgpSXhZybwNThgBZhwtTfAEndQ9YoABccQBOmRE7\
        oAAAoAAAoAAAAKAAAKAAAKAAAKAAOx6TLRaHThuASQFmVRRiYQB0WyRPZiFUgQ5pbw5XdBBUgQA3jwA/igZEnwhRmh4joAVG\
        EiCUABOQOA2SAKAAAKAAAKAAAKAANx+gIQtiLCBsQiJpMieLUA9mWiBZRR5RYgBhVhFUiBlYcRlHfgdHoBJEhiYxoBJKoCwx\
        AD2QACSGBiWBAKAAAKAAAKAAAACgAACgAACgAACgOyVrXjtaWCVpZRdpVCpSPzRaYjBHXy9GczJGkw8weCUcehg8hCMfoBI+\
        Dyh6DyFuEyaAJRx8AxhjMiBhAACgAACgAACgAACgSC50WkxJVUp8UjdzaR5RbClXoEhGgzhciidAgB4nmUlBoFE9kDQ4oC1G\
        AFR+DUKEAyR5E0qQDlNhKSp+AACgAACgAACgoKAAoKAAoKAAoKAAVFNbYTlwUylTcSAqfiY5biozfzQkajUeiUtEoD0xoDwz\
        CTOJF0mCLkBiGT+IQyViMD9/HTpvP01iPURnoKAAoKAAoKAAoKAAYzZkWSNwhlVObEREbjwjdUA6iFEhelMiiVA8mWE+hlIn\
        AEppLEp0IUSQF0uJF3JdOmBiLE9hLDRwE15ToKAAoKAAoKAAAAAAAAAAAAAAAAAAblVJiVBFiUwvZkcvkkozhkcuiD8doFwi\
        BThwA150HFWDFlthCEltEWVfIUdlMFptNkV1TEpQT2pYV1M8AAAAAAAAAAAAAAAAWmAokldFemQbjElCnFExjGstnU4nkFMN\
        DVWEHFtnFXNWJV1dL2B4HGB3J1VhNldTJ2lcVVtmR0dFSVBRAAAAAAAAAAAAoKCgoKCgoKCgoKCgfks2jVUNhWs7oGIvbFsl\
        Em51D2pkAFpfL2F7JVNKJFtiNHNkOVhQR1dLRWlVVmVKb05FV19QWExPTWY5oKCgoKCgoKCgoKCgf0s0fmkShmI5nX0ZnWcJ\
        AHNcHHp6AG1yM39JAGlpKHhTOnFoO2JrUWZHOYhCR2hGVHg/PX8jTmxEWmk7oKCgoKCgoKCgoKCgmXUllHgBoIAalGYOoIAL\
        Fn5rCXleI6BnAF5KMYxtHHxXKHg7SnVCP2JOV3ldX3kgPHJMWGszSWk9XYQlWn8/eIhHe3wQiYgqdYUZkH8Cl4cPj3M4gngK\
        XV1dHBwcNDQ0gYGBKCgoHR0dEopAO28oPIlaTn9CWX0/UoksXnozT4FAY3Y4VFxAcpQajXsefHomiXoWgHcUhYcIl2gBoGsA\
        kpKSfHx8c3NzY2Njg4ODR0dHQZctIJJiNJxHFqAlUn9QYHU4SoVVPYIlYow4bIFEcogoY5ITZoUPfHIPlZQTnYMRoKALoKAl\
        hISEHh4emZmZPT09j4+PODg4MJZRNoxEJpZAKJ0sPYw+VqA1XaAcWKAqUJsVc48obosdb6AQd6APc5IcjZEFen8HmpknjYgH\
        NDQ0XV1dX19fLy8vLS0tTk5OIaBKJaA7KJlJNqAuQqAxR6A7TqAWZ6AlWKAsg44PcJECl6ARnpULkKAZiYQZnJ4AiYoAoKAA
        """),
    ([.brightness(1.38)], 24, 18, """
        /wAA/wAA/wAA/wAAEADjUCX/XwD/vgD/mwD/OTvwtBj8qCHnmwD/vQD/jgDQ4xfn/wGz/wCi/wC6/wCI/xuS/wuF/y27/wCE\
        /wAA/wAA/wAA/wAAURT/cw3/Nxj/WTf1vxz/iiH3tzX/pAXwtgDu1AHj1xa0zzH79Aa2/wDD/xq3/wRV/yHB/wDK+ACr/yaB\
        /wAA/wAA/wAAAP8AAP8AAP8AAP8AgUP/YzH/qzz/oALfuyzX1QD/yFCt30m4/x/n9B+//yO4/wB5/wCL/w2V/xGy/0NO/wua\
        KEb/ACr/eh7/AP8AAP8AAP8AAP8AeUX/SRjXYEbtkkrnblX/sCLgxUfDl0Oz2ADUviW4/zfC+Did/xCb/yiV/1Rt/yii/2Ft\
        AIX/AFD/DVL/AP8AAP8AAP8AAAD/AAD/AAD/AAD/gVLqz4HFwVLm3jPmuF20i3PG12qb0Wia/G6a/yFq/1E//zWE/05F/ymI\
        IVj/IUnyKlT/Uj//CDXabkbVAAD/AAD/AAD/AAD/nmb/xqahu6L/tHn850Oz7lu//56a/3rK/1aO/0NW/6GP/7KH/3J8/2Sa\
        ALj/HpL/CFD/KqT/H7fUW13/AAD/AAD/AAD///8A//8A//8A//8AuLbJ1H71tlu3+Edd/1R98l1x/3JQ6XVC/6WV/4Vr/4Rx\
        FHH/NKH/ZozYN4r/k1HXaov/QID0i6nYhZXj//8A//8A//8A//8A2nbcw073/7qr7ZaW8YRN/4yA/7JJ/7ZK/6+E/9WI/7RV\
        AKTmYKL/SZX/M6X/M/vMgNPXYa3UYXL1Ks+2//8A//8A//8AAAAAAAAAAAAAAAAA8rqh/7CX/6Zo35to/6Rx/51m/4tA/8pK\
        DHz3Bs//Prv/MMnUE6DwJt7RSZveasbwdpn/pqKwrenCv7aEAAAAAAAAAAAAAAAAxtNZ/7+Z/9s7/6GS/7Nr/+pj/6tV/7cc\
        Hrr/PsjjLvy9Uc3MaNP/PtP/VrvUeL+2VubKusjgm52ZoLCyAAAAAAAAAAAA/////////////////6V2/7oc/+qD/9ho7slR\
        KPH/IunbAMbRaNX/UraiUMjXc/zbfcGvnb+ll+e7vt6i9KyZv9Gvwqatqd99/////////////////6Vy/+Yp/9d9//83/+MU\
        APzKP///APD7b/+gAOfmWf+2gPjlgdfrs+Cbfv+Sm+WauP+Khf9OrO2WxeeD//////////////////9R//8E//85/+Af//8Y\
        MP/rFP/PTv/jAM+ibf/wPv+/WP+DpP+Si9irv//N0P9HhPmmwepxoeeFzP9Sxv+K//+b//8j//9d//84//8F//8h//18//8W\
        zMzMPj4+c3Nz////WFhYQEBAKf+OgfRZhP/GrP+Qw/+KtP9gz/9xrf+M2v98uMqM+f85//9D//9U//8w//8s//8R/+UC/+oA\
        /////////f392tra////m5ubj/9kRv/Yc/+bMP9RtP+v0/96pP+7hf9R2P987f+V+f9Y2v8q4P8h//si//8q//8l//8a//9S\
        ////QkJC////hYWF////fHx8av+ydv+WVP+OWf9gh/+Ivv91zf8+wv9dsP8u/f9Z8v9A9P8j//8h/P8///8M//8Q//9V//8Q\
        c3Nzzc3N0NDQZ2dnY2NjrKysSf+iUf+DWP+gdv9mkv9tm/+Dq/8x4v9Rwf9h//8i9/8F//8l//8Y//84//83//8A//8A//8A
        """),
    ([.contrast(0.61)], 24, 18, """
        zTIyzTIyzTIyzTIyOTKWVUK2XDK9hjKtdzKrS0ycgj2hfECYdzK9hTKpcTKOljyYtTKBvjJ6pTKEtTJuuT5yzTdtvEaFzTJs\
        zTIyzTIyzTIyzTIyVjupZTi5Sj2vWUqehj61b0Cfg0mlejScgjKbkDKWkTuCjUihnjWCtDKItT2DqjRYpECHzTKLnzJ9xkNr\
        zTIyzTIyzTIyMs0yMs0yMs0yMs0ya1DAXki1fU2ueDOVhUWRkDKjilV/lVKDr0CYnkCGo0KDrzJnvTJvuDh0zDqAyFBUzTd2\
        Q1HBMkW+aD+/Ms0yMs0yMs0yMs0yZ1DNUj2RXFGbclOYYli4gEGViVGIdVCBkTKQhkKDtUqIn0t3rDl3zUN0tFdizUN6zV1i\
        Mm2+MlW0OFavMs0yMs0yMs0yMjLNMjLNMjLNMjLNa1aZjWuJh1aYlEiYg1uCb2WKkWF3jmB2oWJ2wEBhplZOqUlsslRQzURu\
        QFmpQFKdRVeuVk6qNUmSYlGQMjLNMjLNMjLNMjLNeF+jint5hXqqgmehmFCBm1qGzXh2sWiLuFhxrlBYx3lxzYBtvmRpzV52\
        MoOsP3KyNVWnRXq9QIOQWlusMjLNMjLNMjLNzc0yzc0yzc0yzc0yg4KLkGqeglqDn1FbrFdpnVtkrWRVmWZPt3t0zW1hzWxk\
        O2S3SXmwX3CRSm+1c1aRYW+tTmqeb32RbXSWzc0yzc0yzc0yzc0ykmaTiFSftIR9m3R0nGxUpHBqtoBSqYJTt39sx5ButIJY\
        MnqYXHqjUnS9SHu3SKGMao+RXX+QXWSeRY2Czc0yzc0yzc0yMjIyMjIyMjIyMjIynYR5t4B1t3tglXdgv3pktHdftm9OzYtT\
        N2mfNY2jTYWxR4uQOnicQ5SOUneUYYqcZnWje3qAf5mIhoJsMjIyMjIyMjIyMjIyio9Zv4Z1qJNMunlyyYFhupleyn1YvoM+\
        P4SyTYqWRqGFVo2MYI+nTY+lWIWQZ4aCWJiLhIqVd3d1eICAMjIyMjIyMjIyzc3Nzc3Nzc3Nzc3NrHtmuoQ+s5lszZFgm4tW\
        Q5ykQZmTMoqOYJCpVoJ6VYqRZaGTaYd/d4Z7dZiFhpR6nn51ho5/iHt/fZVpzc3Nzc3Nzc3Nzc3NrXtkrJhEtJFpyqtKypY7\
        MqGLTqioMpyhY654MpiYWaaCap+Xa5GagZV3arZyd5d2g6dvba1Ufpt0iZhszc3Nzc3Nzc3Nzc3Nx6NWwaY0za5LwpVAza49\
        R6yaO6eNVM2WMo16YrqcTaqGWaZseqRyb5F9hqeNjqdRbKB7h5lkeZhtjLJWiq1vprV3qapCt7Zbo7NLvq00xbVAvaJpsKY7\
        jIyMTU1NZWVlr6+vWVlZTk5ORLhxa55ZbLeKfq5yiKtvgrdcjalkf69wkqRpg4twoMJLu6lQqqhXt6lHrqZFs7U6xJczzZky\
        wMDAqqqqoqKikpKSsbGxd3d3ccVeUb+RZcl3R81Wgq1/j6NoerOFbbBWkbppm690oLVZksBFlbNAqqFBw8FFyrFCzc09zc1W\
        srKyT09PxsbGbW1tvLy8aWlpYcOAZrp0V8NxWcpcbbpuhs1mjc1NiM1bgMhGor1ZnblOns1Cps1AocBOu783qa45x8ZYu7U5\
        ZWVljY2Njo6OX19fXl5efn5+Us16Vs1sWcZ4Zs1fcs1id81sfc1Ils1Wh81dsbxBn780xc1Cy8I9vc1Lt7JKyssyt7gyzc0y
        """),
    ([.contrast(1.33)], 24, 18, """
        /wAA/wAA/wAA/wAAAACwIgD2MQD/jQDiawDeDQ68gwDIdwC0awD/iwDaXgCesAC08wCC/wBy0ACJ9ABZ/ABi/wBW/wGK/wBV\
        /wAA/wAA/wAA/wAAJADaRQD8CgDnKwrCjgDzWgDDhgnQcwC8hQC7ogCwpQCDnQXHwACF8ACS8wCG2wAnzgCP/wCZxAB6/wBS\
        /wAA/wAA/wAAAP8AAP8AAP8AAP8AUhb/NQXzehDkbwCsigClowDLliJ9rByH5gC0wACOywCH5gBK/wBb+gBl/wCB/xYh/wBq\
        ABn/AAD/SwD/AP8AAP8AAP8AAP8AShj/HAClMhm6Yh20Pyf7fwCukxqSZxaCpgCijQCH9AqRxAxt3wBr/wBl8iY+/wBy/zM+\
        AFb/ACLwACXmAP8AAP8AAP8AAAD/AAD/AAD/AAD/UiW3nVKTjyWzqwazhy+DW0WVpTtrnzpqyD9q/wA70yQS2AlV7iEY/wBZ\
        ACrYABy/ACbkJRLcAAmnPxmjAAD/AAD/AAD/AAD/bjfLlXZxinLcg0rItBaCuy2O/25q6kuZ+ile5BYp/3Ff/4FX/0NN/zZq\
        AIfgAGLsACLWAHP/AIaiLS/gAAD/AAD/AAD///8A//8A//8A//8Ah4WXok/ChS2GxBov3yZOvy9C4kMitkYV93Vl/1Y9/1VC\
        AEL4CHHoN12mClr0YySlO1viFFHAW3mmVmWw//8A//8A//8A//8Ap0eqkiHD8ol6umZmvlUgzl1R9oEc2IUd+H5V/6NZ8IMn\
        AHOzMnLLHGX/BnX3BseaUaGlM32iM0PCAJ2F//8A//8A//8AAAAAAAAAAAAAAAAAv4lx939n93Y6rGs6/3NC8G039lsU/5kd\
        AE3DAJ3LEYrqBJeiAG+8AKufHGurO5W8R2nMdnJ/fbaRjoVVAAAAAAAAAAAAAAAAlaEr/45p16kO/nFi/4I9/rc1/3on/4YA\
        AInuEZawAsiLJJuaOqHUEaHQKYqiSY6FKbOZiZaua21pb3+BAAAAAAAAAAAA////////////////4HVH/4kA77dT/6Y6u5ck\
        AL7OALapAJWfOqPaJYVyIpalRcipTo9+bY51Z7SKjatywHtpjp9+kXZ9eaxO////////////////4nVD37MA8KVO/94K/7AA\
        AMiZEtfXALzHQeNvALSzK9OFUcSyUqW4gq5rT/Zia7Jqh9RaVuIhe7pmk7RT/////////////////8wk/9MA/+QN/64A/+QA\
        BN+4ANadIf+wAJ1yPv68EdyOKtNTc85iW6Z6jtabntYaVcZ2j7dCcbRWmu4lleJa0/Rr2tsA+PYvzO8M/+IA//MA/8pN6NMA\
        mpqaERERRUVF5ubmKioqFBQUAPpeUsArVfiVe+Nhkt5ag/gyndhCfeddp89Nh5ldxv8N/9oW3Ncm99gE5NIA7/MA/7IA/7cA\
        ////29vbysrKp6en6urqa2trX/82Gf+mRf9rBP8kg+J+ocxLc++KVugkpv5NuudlxvQqp/8Aru8A3McA//8A/+sA//8A//8l\
        7u7uFRUV////VlZW////TU1NO/+BR/5mJv9eK/8yV/5Zjf9Gm/8Rkf8vf/8Cyv8rv/wUwP8A0v8AyP8S//8A2OMA//8n//QA\
        RUVFm5ubnp6eOTk5NTU1e3t7HP9yJP9TKv9vR/83Yv8+a/9Tev8Fr/8kj/8z6v8Aw/8A//8A//8A//8M+O4K//8A9/oA//8A
        """),
    ([.saturation(0.65)], 24, 18, """
        wBoawBoawBoawBoaDwdyOSWgPBCkcBaZXROULy+FbSSPZyeFXhSobxaVUxByhiaIpxxwshxpkxhwphparyxkxSVetzl8xB5c\
        wBoawBoawBoawBoaNxqQShqjKhuWQDCJdSinVyaKczaYYRaFahSFeheCfSJtfzWUixtupht3qyt1lxk/ly14xSB/jBdowDRf\
        wBoawBoawBoaNNk0NNk0NNk0NNk0Wjy1Ri6jbjqiXhR8cy+AfBePfkVxikN4pS+Njyt3li50nhhSrxtdrCNjxip1xUVKxiVp\
        KTevDyOkUCWtNNk0NNk0NNk0NNk0Vj3DMRt0RjmIYT+JUUatbCmCfEB7YjpvfBZ6cipwsD6AlDppnSNlyjdqsE1Zyjdx0Vpf\
        HVyyFDmeGzyaNNk0NNk0NNk0CgqvCgqvCgqvCgqvWUOLimWFfEiOhzaLeE12Yld+iVZthlVsnltwuC9SnUc/njlerEhEyjhl\
        JkCVIzaGKz+cPjWYEih1TDp9CgqvCgqvCgqvCgqvbVKaint4hnque2CdjUB1lVB/3IF/tWeNtlBqpkFK1IF53ox4wWJm0112\
        I3qmLmWoFzmROHK5MnqHR0ifCgqvCgqvCgqv9PRO9PRO9PRO9PROhoSNjmWddkt3lUJMpkxflU9Yq15NklxDwYF513Bk129m\
        JFCpPHCqUmSIO2KtYkOCVmaoPVuRa3mQZW2S9PRO9PRO9PRO9PROjmCQfUaVwo6HnHNzmmZMpW5owIZVsIdUwody26J9vYhb\
        HmyLVHOfR2q5PXOyRqWPa5KUVXmLTVWTO4h99PRO9PRO9PROAAAAAAAAAAAAAAAApYp+woh8wIFjlHRcyoFpu3pgum5L4Jpd\
        IFSOKYieRYGvPoaLKWuRPJKMRWyLXoqdX2+geHZ9h6OQh4JrAAAAAAAAAAAAAAAAjpRbz5OBtJ1SxH942Ixqzatr2IZeyYpB\
        NH2vRoeURKWHUIuKYJKrSI6mUYGMY4WAV5uOipCccXFvdn5/AAAAAAAAAAAA/v7+/v7+/v7+/v7+s39oxYtBxqt646RvopFY\
        QZ+nO5mSI4CGYZSvTHtyT4iPa6ubZoZ9d4d7eqCLjZyAo4F4jZWFiHt+gZts/v7+/v7+/v7+/v7+tH9muqRLxJ9058Ve36dG\
        K6KKUrKyKpuha7qCKJaVXa+IcaqhbZafh518dcd+e516kLZ6dLlahaR7kqJy/v7+/v7+/v7+/v7+4Lpo2LtB68ph1KRJ68lQ\
        SrWiOKyQZeasI4RwcM2uULONW61vhLB7cZWAlrmcm7ZbcqmCj6Npfp9xncZjmr99wNGOvb1O1NNyucpb1sRE4tFV1bh7w7lH\
        k5OTLCwsU1NTzMzMPz8/Li4uR8N3baNaesqajL5/l7x8kstqnLlwjcF9obR0h49yut5g08Bhv71mzb5WwrlSzM5L16c846w9\
        6OjoxMTEt7e3nZ2dz8/PcHBwgttuXNGhduGJUN9gkb+OnbJziseVdr1dp9J8sMaGt85rqNhVp8dMu7FL5OJe6M1X9fVc9vZ4\
        0tLSLy8v8vLyYGBg4uLiWVlZcNmSc8yCY9Z+Z99qe8x8n+t9putioetxlOFXvNhutNJguu1YxO5Yu9xi2d1MvcJG7Ot21tBM\
        U1NTlJSUlpaWSkpKR0dHfHx8YOSLZOR8ZtqId+Vwh+h1jemBk+hZsu1uoOtzzNdVtthE6/Rf7uVX4vNo0cxd7/BN0dJD9PRO
        """),
    ([.saturation(1.4)], 24, 18, """
        /wAA/wAA/wAA/wAABwDeOg7/TgD/pwD/hwD/JCXcmwDkjwXPhgD/pgD5fQDAxwDM/wCW/wCE7ACg/wBs/wBw/wBj/wWV/wBj\
        /wAA/wAA/wAA/wAAPwH/XwD/JQb/QR7gowD/cgfgmBTnjwDcoQDavQDNvgCbrw/c2wCc/wCn/wCW+AA74wCi/wCp4QCS/wBb\
        /wAA/wAA/wAAAP8AAP8AAP8AAP8AYiP/SRf/ixv7jADNnw27vgDopiyMvSSV+QDG1wCh4QKZ/wBe/wBt/wB2/wCN/xkk/wB3\
        Di3/ABn/YgT/AP8AAP8AAP8AAP8AWST/OAfIRivUcyrKTjT/lgbHpCWjeyaXwgC9pAie/w6b2BV7+AB+/wBt/ypD/wB6/zE8\
        AGb/ADn/ADv/AP8AAP8AAP8AAAD/AAD/AAD/AAD/YjPNo1WZnS3DvhDGlTmRZ0+jsEJ0rEF00kJv/wBH5Swa7BFh/iYd/wBg\
        Bz/2CjLfEDr/OSX6ACXMUyu8AAD/AAD/AAD/AAD/eUDblnZxiXDgi07Txh+QxzKY/2Je7kiZ/ypi9x4x/2ZU/3NH/0FL/zFo\
        AJPxAG//ADr3AXz/AJGuOz74AAD/AAD/AAD///8A//8A//8A//8AhYOWp1DJkzeV1yM67itVzjZK7EYjwk0Z9m1c/080/006\
        AFP/DHr4P2e0Emb/dDC4QWPwHl/UXXyrW2q6//8A//8A//8A//8Ar0qyoCnU7H5uvmVlx1gg01xP9XoP2IAT9nVK/5NE73wb\
        AIPGNXjWIG3/CX3/AMmZTKCkNoOqP1DVAKWM//8A//8A//8AAAAAAAAAAAAAAAAAvINp9HZd928wsW05/2s38mcv/FkO/4oI\
        AGDcAKbXEJD0A5+qAH3OALGkIna5OJbAS27XeXWDc6+IjoVSAAAAAAAAAAAAAAAAkZ4j/4Fa0aAA/WlZ/3Yt8qgf/28Z/34A\
        AJH7EJy4AMqKIqCeNKDXDaTXKZCpSZGIIrSYg5GqcXJucIGCAAAAAAAAAAAA////////////////4XBA/oEA46g//5UjuJIY\
        AMDQALqsAKGsNKLcKI16IZuqOcSiTpKAa450X7CEhaVpwHdkiJp3knZ9c6pG////////////////4nA816kA6Jg9/8gA/6EA\
        AM6cBNTUAMLOM91jALy7INF+Rb+rS6K3e6ljPu1RZa9jectKSt0Sc7Rci65I/////////////////7kH/8IA/80A/6EA/84A\
        AN20ANicBf+dAKl8KfKuBduIINJMZ8ZVVqV3fsmMkcwHS8JuiLI2arFOieEOhNVGveBPy8wA4t8Put8A988A/90A9Lcz28UA\
        lJSULS0tVFRUzc3NQEBALy8vAPhUS8AjQe2Ea9hPgtJIcewcjs0vbNxKmsQ7hJdYrvsA8McAzccN58cA18MA3OAA/6QA/6cA\
        6enpxcXFuLi4np6e0NDQcXFxSf8eA/+YLP9UAP8QctVtlMI6YOJ4SeITkOwyp9ZNsuMOkvsAnuIA0bsA+PQA/9QA//8A//8A\
        09PTMDAw8/PzYWFh4+PjWlpaJP9tNPRUEf9MFf8cRPNGcf8ngf8Adf8PaP8As/AMq+sApf8Atv8AsfcA6fIAydQA/vsA7eAA\
        VFRUlZWVl5eXS0tLSEhIfX19Av9dC/89FP9cL/8eSP8iUP83Yf8Ak/8AdP8T1O0Ar/cA9/8A//UA5/8A5doA//8A4+YA//8A
        """),
    ([.grey], 24, 18, """
        TExMTExMTExMTExMFhYWOTk5Li4uQEBAODg4OTk5RkZGRUVFOzs7Pz8/MDAwTk5OT09PUlJSR0dHS0tLWlpaW1tbZmZmV1dX\
        TExMTExMTExMTExMMDAwODg4Li4uPz8/Tk5OQEBAVFRUOTk5Ozs7QUFBRkZGVlZWRkZGT09PWlpaQ0NDVVVVXFxcQ0NDY2Nj\
        TExMTExMTExMlZWVlZWVlZWVlZWVU1NTQ0NDVlZWNjY2TU1NQ0NDW1tbXl5eXV1dUlJSVVVVR0dHT09PU1NTYWFhbGxsXV1d\
        QUFBLCwsQUFBlZWVlZWVlZWVlZWVVFRULCwsRkZGUlJSVVVVR0dHWVlZTExMQEBASEhIaGhoWlpaT09PaWlpbGxsampqfn5+\
        U1NTOjo6PT09lZWVlZWVlZWVHR0dHR0dHR0dHR0dUlJSdHR0YGBgWFhYXl5eX19faGhoZmZmcnJyXFxcYGBgXFxcZmZmaWlp\
        QkJCOjo6REREQ0NDKioqR0dHHR0dHR0dHR0dHR0dYmJif39/hISEb29vXV1dampqnJycg4ODcnJyYGBgmZmZo6Ojf39/g4OD\
        ZWVlXFxcOTk5aWlpZmZmUlJSHR0dHR0dHR0d4eHh4eHh4eHh4eHhhoaGeHh4XV1dXFxcaWlpZWVlc3NzaWlpk5OTjo6OjY2N\
        TU1NZ2dnY2NjX19fVFRUaWlpWFhYeHh4b29v4eHh4eHh4eHh4eHhc3NzYGBgnZ2df39/c3Nzfn5+kpKSjY2NlpaWr6+vk5OT\
        WFhYb29vaWlpampqhoaGh4eHcHBwWlpacHBw4eHh4eHh4eHhAAAAAAAAAAAAAAAAkZGRmJiYkJCQe3t7lJSUi4uLgYGBqKio\
        S0tLbm5udHR0cXFxXFxceHh4ZGRkf39/cHBweHh4mJiYgYGBAAAAAAAAAAAAAAAAjIyMo6OjnJyck5OTn5+frq6umpqalZWV\
        bW1tdXV1hYWFeXl5hoaGfHx8dHR0enp6hYWFkJCQcXFxfHx8AAAAAAAAAAAA/v7+/v7+/v7+/v7+jIyMlJSUra2tsbGxkJCQ\
        hISEfHx8ZWVliIiIbGxseHh4lpaWe3t7gYGBkpKSlZWVioqKkZGRf39/jo6O/v7+/v7+/v7+/v7+jIyMoaGhpaWlxMTEra2t\
        fHx8lZWVenp6nJycdXV1kpKSmJiYi4uLk5OTpqamj4+PpKSkmpqalpaWmJiY/v7+/v7+/v7+/v7+vLy8tra2yMjIqKioxsbG\
        k5OThoaGubm5ZWVlrq6ukZGRjo6OnZ2diIiIq6urpKSklJSUlpaWkJCQrq6ura2txMTEsbGxyMjIuLi4u7u7yMjIurq6r6+v\
        k5OTLCwsU1NTzMzMPz8/Li4ulZWVi4uLra2tqKioqqqqr6+vqKioqqqqp6eniYmJxcXFu7u7tLS0t7e3sLCwv7+/qampsLCw\
        6OjoxMTEt7e3nZ2dz8/PcHBwtLS0qampt7e3pqamrKyspaWlr6+vnZ2dvLy8uLi4vLy8u7u7r6+vqKio1NTUyMjI5OTk6Ojo\
        0tLSLy8v8vLyYGBg4uLiWVlZsrKyqampqqqqrq6uq6uryMjIx8fHx8fHu7u7xMTEvLy8zc3N0dHRxMTEy8vLsrKy3t7ew8PD\
        U1NTlJSUlpaWSkpKR0dHfHx8srKysrKyrq6ut7e3vr6+wsLCvr6+zc3Nx8fHxcXFvb294ODg2NjY3t7ewcHB3d3dwsLC4eHh
        """),
  ]

  /// Of the image and its mirror image, f32 [3, 2, 5, 6], little-endian.
  static let normalised: (steps: [FixtureStep], values: String) = ([.resize(1, 2, 22, 15, 6, 5), .contrast(1.2), .flip], """
        ra4BQJdXnD9vcKk+gDxIv72LB8Bzt9G/xUDrP7yInj+vAyg/HD8fPyut3L8I1Om/7Mn8P77grT9p/4S/NPwRPmtXlL/hSti/\
        HEIIQNLfA0BvcKk+QJYGvvTXfL9zt9G/x5j6PynElT9vcKk+Lwu+vlmzNr+BDjU+c7fRv72LB8CAPEi/b3CpPpdXnD+trgFA\
        CNTpvyut3L8cPx8/rwMoP7yInj/FQOs/4UrYv2tXlL80/BE+af+Ev77grT/syfw/c7fRv/TXfL9Alga+b3CpPtLfA0AcQghA\
        gQ41PlmzNr8vC76+b3CpPinElT/HmPo/4wfRvzjKzr8wn7q/OoPVvxDDsD5a6Iw+a7XHvnx9Pb/tN0q+oQ0pP8sUh7/OhvS+\
        c5TdPvQWID/LFIe/S5IkPxDDsD5rsMI+muK0PzGfCkA6g5U/4k6KP4vThT82EYg/sdX+P1nHAkBaWvo/WccCQPIWwD9Tdj8/\
        WuiMPhDDsD46g9W/MJ+6vzjKzr/jB9G/zob0vssUh7+hDSk/7TdKvnx9Pb9rtce+a7DCPhDDsD5LkiQ/yxSHv/QWID9zlN0+\
        NhGIP4vThT/iToo/OoOVPzGfCkCa4rQ/U3Y/P/IWwD9ZxwJAWlr6P1nHAkCx1f4/30euvucMij7ZMGE/La7bPwTdOj5PDcm+\
        xYcev/SVir4d49E8JxYqvqea5D/bI8M/feorv20ggT7W4pi/30euvmJxgj8jwbU/ejGSv/uYjT+Hjp89ZFUwPcZWFT/ZMGE/\
        UZXZv1LPob8NJRG//Xlxvl3y5j3jV08/Tw3JvgTdOj4trts/2TBhP+cMij7fR66+2yPDP6ea5D8nFiq+HePRPPSVir7Fhx6/\
        I8G1P2Jxgj/fR66+1uKYv20ggT596iu/2TBhP8ZWFT9kVTA9h46fPfuYjT96MZK/41dPP13y5j39eXG+DSURv1LPob9Rldm/
        """)
}
